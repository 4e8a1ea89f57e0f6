/**
 * Runs a model over its calibration data, as often as a step needs, and keeps the float calls that
 * a step compares with. Not for users. Imports {@code internal.state}, {@code internal.distortion}
 * and the layer contract.
 */
@NullMarked
package dev.bitfold.internal.replay;

import org.jspecify.annotations.NullMarked;
