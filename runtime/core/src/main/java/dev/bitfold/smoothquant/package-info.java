/**
 * The arithmetic of SmoothQuant (Xiao et al., ICML 2023): statistics per channel, scales from them,
 * and the tensors that take the scales up. Which layers are smoothed, and whether that is right, is
 * decided elsewhere. Imports the annotations' {@link dev.bitfold.annotations.Layout}, {@code
 * tensor} and ND4J's arrays.
 */
@NullMarked
package dev.bitfold.smoothquant;

import org.jspecify.annotations.NullMarked;
