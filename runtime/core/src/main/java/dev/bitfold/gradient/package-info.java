/**
 * Training through a quantizer, whose own gradient is zero almost everywhere: a {@link
 * dev.bitfold.gradient.StraightThrough} estimator says what stands in for it, and what the
 * gradients of learned scales are. Imports the annotations, {@code tensor}, {@code kernel}, {@code
 * quantizer} and ND4J's arrays.
 */
@NullMarked
package dev.bitfold.gradient;

import org.jspecify.annotations.NullMarked;
