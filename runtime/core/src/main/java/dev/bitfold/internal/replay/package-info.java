/**
 * Runs a model over its calibration data, as often as a step needs, and keeps what the step sees:
 * the statistics, the channels and a sample of each tensor, and the float calls to compare with.
 * Not for users. Imports {@code calibration}, {@code internal.state}, {@code internal.distortion}
 * and what these import.
 */
@NullMarked
package dev.bitfold.internal.replay;

import org.jspecify.annotations.NullMarked;
