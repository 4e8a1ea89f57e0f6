/**
 * Runs ONNX Runtime: sessions, the values that they take and return, and random data for them. For
 * engines; the only room that knows ONNX Runtime, which is an optional dependency. Imports {@code
 * dev.bitfold.onnx.file}.
 */
@NullMarked
package dev.bitfold.onnx.session;

import org.jspecify.annotations.NullMarked;
