/**
 * Proves that an exported file is the model that it was made from: runs it in ONNX Runtime beside a
 * reference. Imports {@code dev.bitfold.onnx.file} and {@code dev.bitfold.onnx.session}.
 */
@NullMarked
package dev.bitfold.onnx.proof;

import org.jspecify.annotations.NullMarked;
