/**
 * Ready-made layers, annotated as a user's own would be: immutable, functional, for float and
 * double tensors. Their default quantization is int8; recipes and descriptors override it. Each has
 * a {@code backward}, the derivative of the float layer. Imports the annotations, {@code layer} and
 * ND4J.
 */
@NullMarked
package dev.bitfold.layers;

import org.jspecify.annotations.NullMarked;
