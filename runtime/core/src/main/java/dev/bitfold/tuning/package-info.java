/**
 * Makes a quantized model more accurate, by {@link dev.bitfold.tuning.Advice} on descriptors, the
 * {@link dev.bitfold.tuning.Sensitivity} of each layer, and the correction of biases. Imports
 * {@code diagnosis}, the layer contract and the engines of {@code internal}.
 */
@NullMarked
package dev.bitfold.tuning;

import org.jspecify.annotations.NullMarked;
