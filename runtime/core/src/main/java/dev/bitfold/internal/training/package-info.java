/**
 * Quantization-aware training of eager layers: float masters with their updaters, and the hooks
 * that quantize a layer's tensors in {@code forward} and put the straight-through estimators into
 * its {@code backward}. Imports the layer contract, states, gradients and quantizers; knows nothing
 * of plans and calibrations.
 */
@NullMarked
package dev.bitfold.internal.training;

import org.jspecify.annotations.NullMarked;
