/**
 * Quantizes tensors. The {@link dev.bitfold.quantizer.Quantizer} turns a descriptor's granularity
 * into groups and its amax into scales, and calls the kernels. Imports the annotations, {@code
 * kernel}, {@code tensor} and ND4J's arrays.
 */
@NullMarked
package dev.bitfold.quantizer;

import org.jspecify.annotations.NullMarked;
