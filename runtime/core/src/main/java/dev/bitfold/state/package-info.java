/**
 * What distinguishes a quantized model from the float one, as a value, and how a walk applies it:
 * calibrating, searching, proving and freezing are the same walk with another {@link
 * dev.bitfold.state.State} and another {@link dev.bitfold.state.Tap}. Imports the layer contract
 * and the quantizers; knows nothing of plans and calibrations.
 */
@NullMarked
package dev.bitfold.state;

import org.jspecify.annotations.NullMarked;
