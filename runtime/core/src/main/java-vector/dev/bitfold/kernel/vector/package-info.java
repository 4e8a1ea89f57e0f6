/**
 * Provides kernels that use the JDK's Vector API directly on the memory of tensors. They are used
 * if Java was started with the module jdk.incubator.vector. Everything else is left to the kernels
 * in plain Java. This package is compiled separately, because javac warns about every use of an
 * incubator module. Imports {@code kernel}, {@code kernel.cpu} and, for the memory of buffers on
 * JDK 17, JavaCPP.
 */
@NullMarked
package dev.bitfold.kernel.vector;

import org.jspecify.annotations.NullMarked;
