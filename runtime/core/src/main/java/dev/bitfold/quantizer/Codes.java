package dev.bitfold.quantizer;

import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds a tensor as numbers of the format, and their scale: {@code value = (code - zero point) /
 * scale}, or {@code * scale}. ModelOpt's {@code TensorQuantFunction} returns the same.
 *
 * @param codes the codes, as float32 in the tensor's shape: integers, or the numbers of a float
 *     format; NaN where the tensor is NaN
 * @param scale the scale, as float32 in the amax's shape
 * @param divides whether codes are divided by the scale, such as integers with an amax; if not,
 *     they are multiplied by it
 * @param zeroPoint the zero point in the scale's shape, for affine descriptors
 */
public record Codes(
    INDArray codes, INDArray scale, boolean divides, Optional<INDArray> zeroPoint) {}
