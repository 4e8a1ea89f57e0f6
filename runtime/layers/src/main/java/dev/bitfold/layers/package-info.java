/**
 * Provides ready-made layers, annotated in the same way as a user's own. They are immutable and
 * take float and double tensors. Their default quantization is int8, and recipes and descriptors
 * override it. Each has a {@code backward}, the derivative of the float layer. Imports the
 * annotations, {@code layer} and ND4J.
 */
@NullMarked
package dev.bitfold.layers;

import org.jspecify.annotations.NullMarked;
