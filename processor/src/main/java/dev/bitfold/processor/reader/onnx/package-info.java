/**
 * Reads interfaces that stand for ONNX files, with the files. Imports {@code onnx}, {@code reader},
 * {@code descriptor}, {@code lang}, {@code names}, {@code model} and {@code diagnostics}.
 */
@NullMarked
package dev.bitfold.processor.reader.onnx;

import org.jspecify.annotations.NullMarked;
