/**
 * Matrix products on a card: cuBLAS where the host has it, else a kernel of our own. Imports JNA,
 * {@code dev.bitfold.cuda.driver} and {@code dev.bitfold.cuda.kernel}.
 */
@NullMarked
package dev.bitfold.cuda.blas;

import org.jspecify.annotations.NullMarked;
