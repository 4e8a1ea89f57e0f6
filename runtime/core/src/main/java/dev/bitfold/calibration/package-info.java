/**
 * Finds the amax of a static quantizer from the data that its tensor takes: a {@link
 * dev.bitfold.calibration.Calibrator} observes batches in bounded memory and gives the amax. Also
 * what a user passes to a calibration: {@link dev.bitfold.calibration.Forward}, {@link
 * dev.bitfold.calibration.Progress}. Imports the descriptors, {@code tensor}, {@code kernel},
 * {@code quantizer} and ND4J's arrays.
 */
@NullMarked
package dev.bitfold.calibration;

import org.jspecify.annotations.NullMarked;
