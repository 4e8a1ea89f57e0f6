/**
 * What distinguishes a quantized model from the float one, as a value, and how a walk applies it:
 * calibrating, searching, proving and freezing are the same walk with another {@link
 * dev.bitfold.internal.state.State} and another {@link dev.bitfold.internal.state.Tap}. Not for
 * users. Imports the layer contract, {@code calibration} and the quantizers; knows nothing of
 * plans.
 */
@NullMarked
package dev.bitfold.internal.state;

import org.jspecify.annotations.NullMarked;
