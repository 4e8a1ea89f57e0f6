/**
 * The comparison of kernels with libtorch, ND4J and memcpy: what each side runs, the proof that all
 * compute the same, and the table. May import the runtime, ND4J and libtorch's binding.
 */
@NullMarked
package dev.bitfold.benchmarks.peer;

import org.jspecify.annotations.NullMarked;
