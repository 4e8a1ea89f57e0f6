package dev.bitfold.quantizer.scale;

import dev.bitfold.kernel.Scales;

/**
 * The scales of one tensor.
 *
 * @param scales for the kernels
 * @param stored for a packed tensor
 */
public record ScaleSet(Scales scales, StoredScales stored) {}
