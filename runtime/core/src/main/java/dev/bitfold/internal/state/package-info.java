/**
 * Holds what distinguishes a quantized model from the float model, and applies it in a walk.
 * Calibrating, searching, proving and freezing are the same walk with another {@link
 * dev.bitfold.internal.state.State} and another {@link dev.bitfold.internal.state.Tap}. Not for
 * users. Imports the layer contract, {@code calibration} and the quantizers. Knows nothing of
 * plans.
 */
@NullMarked
package dev.bitfold.internal.state;

import org.jspecify.annotations.NullMarked;
