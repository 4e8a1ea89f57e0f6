/**
 * Writes ONNX files for models without one, from a description of the steps of their {@code
 * forward}. Imports {@code dev.bitfold.onnx.file}, {@code .proof} and {@code .export}, and
 * bitfold-layers.
 */
@NullMarked
package dev.bitfold.onnx.graph;

import org.jspecify.annotations.NullMarked;
