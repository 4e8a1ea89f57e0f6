/**
 * Trains models of arrays with their quantizers in place. It holds the float masters with their
 * updaters, and the hooks that quantize a layer's tensors in {@code forward} and apply the
 * straight-through estimators in {@code backward}. Not for users. Imports the layer contract,
 * states, gradients and quantizers. Knows nothing of plans and calibrations.
 */
@NullMarked
package dev.bitfold.internal.training;

import org.jspecify.annotations.NullMarked;
