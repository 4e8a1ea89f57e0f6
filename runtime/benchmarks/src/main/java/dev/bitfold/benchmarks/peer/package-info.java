/**
 * Compares kernels with libtorch, ND4J and memcpy: the code of each side, the proof that all sides
 * compute the same values, and the table. May import the runtime, ND4J and libtorch's binding.
 */
@NullMarked
package dev.bitfold.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
