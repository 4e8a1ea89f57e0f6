/**
 * Shows the effect of quantization on each layer and tensor. {@link
 * dev.bitfold.diagnosis.Diagnosis} measures it on calibration data, {@link
 * dev.bitfold.diagnosis.Summary} lists it, and both are written as JSON. Imports {@code
 * smoothquant}, {@code storage}, the layer contract and the engines of {@code internal}.
 */
@NullMarked
package dev.bitfold.diagnosis;

import org.jspecify.annotations.NullMarked;
