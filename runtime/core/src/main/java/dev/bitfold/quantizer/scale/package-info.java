/**
 * Computes the scales of a tensor from an amax, with one class for each scale format. Imports the
 * descriptors, {@code kernel}, {@code tensor} and ND4J's arrays.
 */
@NullMarked
package dev.bitfold.quantizer.scale;

import org.jspecify.annotations.NullMarked;
