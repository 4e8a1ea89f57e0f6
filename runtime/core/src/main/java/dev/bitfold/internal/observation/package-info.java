/**
 * What calibration notes of each tensor: the statistics of its calibrator, its channels and a
 * sample of its values. Not for users. Imports {@code calibration}, {@code internal.state} and what
 * they stand on.
 */
@NullMarked
package dev.bitfold.internal.observation;

import org.jspecify.annotations.NullMarked;
