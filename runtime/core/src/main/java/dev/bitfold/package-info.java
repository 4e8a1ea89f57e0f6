/**
 * The states of a quantization, as types. A {@link dev.bitfold.Plan} says how each tensor will be
 * quantized, a {@link dev.bitfold.Calibration} has seen data, a {@link dev.bitfold.Training}
 * adjusts the weights, and a {@link dev.bitfold.Quantized} model is ready to use. Users and
 * generated code start here. Imports every other room.
 */
@NullMarked
package dev.bitfold;

import org.jspecify.annotations.NullMarked;
