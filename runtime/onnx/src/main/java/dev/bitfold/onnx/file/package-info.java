/**
 * Reads, checks and changes ONNX files: graphs, weights, element types, opsets. Knows nothing of
 * quantized models. Imports ONNX's protobuf classes, which nd4j-api brings, {@code tensor}, and
 * {@code BitfoldException}.
 */
@NullMarked
package dev.bitfold.onnx.file;

import org.jspecify.annotations.NullMarked;
