/**
 * Provides SmoothQuant (Xiao et al., ICML 2023): its options, the search for alpha, the smoothing
 * scales, folding, and the proof that the smoothed model computes the same function. Imports {@code
 * calibration}, the layer contract and the engines of {@code internal}.
 */
@NullMarked
package dev.bitfold.smoothquant;

import org.jspecify.annotations.NullMarked;
