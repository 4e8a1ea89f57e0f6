package dev.bitfold.quantizer;

import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A tensor as numbers of the format and their scale: {@code value = (code - zero point) / scale},
 * or {@code * scale}. ModelOpt's {@code TensorQuantFunction} returns the same.
 *
 * @param codes of the tensor's shape, float32: integers, or the numbers of a float format; NaN
 *     where the tensor is NaN
 * @param scale of the shape that the amax has; float32
 * @param divides whether codes are divided by the scale (as integers with an amax are) or
 *     multiplied
 * @param zeroPoint of the scale's shape, for affine descriptors
 */
public record Codes(
    INDArray codes, INDArray scale, boolean divides, Optional<INDArray> zeroPoint) {}
