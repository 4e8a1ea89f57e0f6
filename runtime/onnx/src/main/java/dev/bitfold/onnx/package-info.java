/**
 * ONNX files: weights out of them, and quantized models into them. It stands on the runtime's
 * states, quantizers and storage, and nothing of the runtime knows it.
 */
@NullMarked
package dev.bitfold.onnx;

import org.jspecify.annotations.NullMarked;
