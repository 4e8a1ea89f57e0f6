/**
 * Computes errors of a tensor relative to its float values, and sums of errors that do not depend
 * on the order of the batches. Not for users. Imports {@code calibration}, {@code tensor} and
 * ND4J's arrays.
 */
@NullMarked
package dev.bitfold.internal.distortion;

import org.jspecify.annotations.NullMarked;
