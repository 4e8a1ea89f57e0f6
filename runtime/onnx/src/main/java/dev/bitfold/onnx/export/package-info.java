/**
 * Writes a quantized model into an ONNX file. Imports {@code dev.bitfold.onnx.file} and the
 * runtime's states, quantizers and storage.
 */
@NullMarked
package dev.bitfold.onnx.export;

import org.jspecify.annotations.NullMarked;
