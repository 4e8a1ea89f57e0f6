/**
 * Quantizes arrays of nd4j-cuda in place. Imports ND4J's CUDA backend, which is optional, {@code
 * dev.bitfold.quantizer}, {@code dev.bitfold.tensor}, {@code dev.bitfold.cuda.kernel} and {@code
 * dev.bitfold.cuda.driver}.
 */
@NullMarked
package dev.bitfold.cuda.nd4j;

import org.jspecify.annotations.NullMarked;
