/**
 * Observes tensors during calibration: the statistics of their calibrators, their channels and a
 * sample of their values. Not for users. Imports {@code calibration}, {@code internal.state} and
 * what these import.
 */
@NullMarked
package dev.bitfold.internal.observation;

import org.jspecify.annotations.NullMarked;
