package dev.bitfold.quantizer;

import dev.bitfold.kernel.Scales;

/**
 * The scales of one tensor.
 *
 * @param scales for the kernels
 * @param stored for a packed tensor
 */
record ScaleSet(Scales scales, StoredScales stored) {}
