/**
 * Holds the four states of a quantization. A {@link dev.bitfold.Plan} describes how each tensor
 * will be quantized, a {@link dev.bitfold.Calibration} has observed data, a {@link
 * dev.bitfold.Training} adjusts the weights, and a {@link dev.bitfold.Quantized} model is ready to
 * use. Users and generated code start here. Imports every other package.
 */
@NullMarked
package dev.bitfold;

import org.jspecify.annotations.NullMarked;
