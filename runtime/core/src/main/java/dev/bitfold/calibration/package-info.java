/**
 * Finds the amax of a static quantizer from the values of its tensor: a {@link
 * dev.bitfold.calibration.Calibrator} observes batches in bounded memory. This package also holds
 * what a user passes to a calibration: {@link dev.bitfold.calibration.Forward} and {@link
 * dev.bitfold.calibration.Progress}. Imports the descriptors, {@code tensor}, {@code kernel},
 * {@code quantizer} and ND4J's arrays.
 */
@NullMarked
package dev.bitfold.calibration;

import org.jspecify.annotations.NullMarked;
