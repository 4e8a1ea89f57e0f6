package dev.bitfold.quantizer.scale;

import dev.bitfold.kernel.Scales;

/**
 * Holds the scales of one tensor.
 *
 * @param scales the scales for the kernels
 * @param stored the scales for a packed tensor
 */
public record ScaleSet(Scales scales, StoredScales stored) {}
