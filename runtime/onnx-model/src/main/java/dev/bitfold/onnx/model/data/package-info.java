/** Reads batches of named arrays from files: NumPy archives, ONNX test data, JSON lines. */
@NullMarked
package dev.bitfold.onnx.model.data;

import org.jspecify.annotations.NullMarked;
