/**
 * Arrays of nd4j-cuda, worked on where they are. Imports ND4J's CUDA backend, which need not be
 * there, {@code dev.bitfold.quantizer}, {@code dev.bitfold.tensor}, {@code dev.bitfold.cuda.kernel}
 * and {@code dev.bitfold.cuda.driver}.
 */
@NullMarked
package dev.bitfold.cuda.nd4j;

import org.jspecify.annotations.NullMarked;
