/**
 * Provides the fast kernels for the CPU in plain Java. Chunks of a tensor are copied to arrays, on
 * which the compiler vectorises the loops. Imports {@code kernel} and, for the bits of float
 * buffers, JavaCPP.
 */
@NullMarked
package dev.bitfold.kernel.cpu;

import org.jspecify.annotations.NullMarked;
