/**
 * The fast kernels for the CPU, in plain Java: chunks of a tensor are copied to arrays, on which
 * loops run that the compiler vectorises. Imports {@code kernel} and, for the bits of buffers of
 * floats, JavaCPP.
 */
@NullMarked
package dev.bitfold.kernel.cpu;

import org.jspecify.annotations.NullMarked;
