/**
 * The operations as launches of kernels: how tensors, groups, scales and grids get to the device,
 * and which kernel runs with how many blocks. Imports {@code dev.bitfold.kernel} and {@code
 * dev.bitfold.cuda.driver}.
 */
@NullMarked
package dev.bitfold.cuda.launch;

import org.jspecify.annotations.NullMarked;
