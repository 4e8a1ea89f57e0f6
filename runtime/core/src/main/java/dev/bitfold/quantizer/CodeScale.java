package dev.bitfold.quantizer;

import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What the codes of a tensor stand for: {@code value = (code - zero point) / scale}, or {@code *
 * scale}.
 *
 * @param scale of the shape that the amax has; float32
 * @param divides whether codes are divided by the scale or multiplied
 * @param zeroPoint of the scale's shape, for affine descriptors
 */
public record CodeScale(INDArray scale, boolean divides, Optional<INDArray> zeroPoint) {}
