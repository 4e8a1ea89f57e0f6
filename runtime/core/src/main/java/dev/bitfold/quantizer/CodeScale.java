package dev.bitfold.quantizer;

import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the scale of codes: {@code value = (code - zero point) / scale}, or {@code * scale}.
 *
 * @param scale the scale, as float32 in the amax's shape
 * @param divides whether codes are divided by the scale; if not, they are multiplied by it
 * @param zeroPoint the zero point in the scale's shape, for affine descriptors
 */
public record CodeScale(INDArray scale, boolean divides, Optional<INDArray> zeroPoint) {}
