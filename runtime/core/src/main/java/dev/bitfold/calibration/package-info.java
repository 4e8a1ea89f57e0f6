/**
 * Finds the amax of a static quantizer from the data that its tensor takes: a {@link
 * dev.bitfold.calibration.Calibrator} observes batches in bounded memory and says the amax. Imports
 * the annotations, {@code tensor}, {@code kernel}, {@code quantizer} and ND4J's arrays.
 */
@NullMarked
package dev.bitfold.calibration;

import org.jspecify.annotations.NullMarked;
