/**
 * Multiplies matrices on a device, by cuBLAS if the host has it and otherwise by Bitfold's own
 * kernel. Imports JNA, {@code dev.bitfold.cuda.driver} and {@code dev.bitfold.cuda.kernel}.
 */
@NullMarked
package dev.bitfold.cuda.blas;

import org.jspecify.annotations.NullMarked;
