/**
 * Writes ONNX files of models that have none: the steps of their {@code forward}, described.
 * Imports {@code dev.bitfold.onnx.file}, {@code .proof} and {@code .export}, and bitfold-layers.
 */
@NullMarked
package dev.bitfold.onnx.graph;

import org.jspecify.annotations.NullMarked;
