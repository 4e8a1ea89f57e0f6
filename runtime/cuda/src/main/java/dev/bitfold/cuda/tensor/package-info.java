/**
 * Holds tensors on a device and quantizes them there. Imports {@code dev.bitfold.quantizer}, {@code
 * dev.bitfold.tensor} and {@code dev.bitfold.cuda.kernel}.
 */
@NullMarked
package dev.bitfold.cuda.tensor;

import org.jspecify.annotations.NullMarked;
