/**
 * Provides gradients for training through a quantizer, whose own gradient is zero almost
 * everywhere. A {@link dev.bitfold.gradient.StraightThrough} estimator replaces that gradient, and
 * computes the gradients of learned scales. Imports the annotations, {@code tensor}, {@code
 * kernel}, {@code quantizer} and ND4J's arrays.
 */
@NullMarked
package dev.bitfold.gradient;

import org.jspecify.annotations.NullMarked;
