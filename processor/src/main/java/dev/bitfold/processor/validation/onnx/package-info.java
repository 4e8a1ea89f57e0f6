/**
 * Checks interfaces that stand for ONNX files against the files. What only a prepared file can tell
 * is left to the runtime. Imports {@code reader.onnx}, {@code reader}, {@code onnx}, {@code
 * validation.quantizer}, {@code descriptor}, {@code lang}, {@code names} and {@code diagnostics}.
 */
@NullMarked
package dev.bitfold.processor.validation.onnx;

import org.jspecify.annotations.NullMarked;
