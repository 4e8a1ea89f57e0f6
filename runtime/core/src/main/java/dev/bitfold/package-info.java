/**
 * The states of a quantization, as types: a {@link dev.bitfold.Plan} says what will be quantized
 * how, a {@link dev.bitfold.Calibration} has seen data, a {@link dev.bitfold.Quantized} model is
 * ready to use. All are immutable. Users and generated code start here.
 */
@NullMarked
package dev.bitfold;

import org.jspecify.annotations.NullMarked;
