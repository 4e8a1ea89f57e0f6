/**
 * Launches kernels for the operations. It sends tensors, groups, scales and grids to the device,
 * and chooses the kernel and the number of blocks. Imports {@code dev.bitfold.kernel} and {@code
 * dev.bitfold.cuda.driver}.
 */
@NullMarked
package dev.bitfold.cuda.launch;

import org.jspecify.annotations.NullMarked;
