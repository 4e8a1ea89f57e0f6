/**
 * The kernels on the JDK's Vector API, straight on the tensors' memory; used where the module
 * jdk.incubator.vector was added when Java was started. What they do not compute themselves, the
 * kernels in plain Java do. Compiled apart, since javac warns of every use of an incubator module.
 * Imports {@code kernel}, {@code kernel.cpu} and, for the memory of buffers on JDK 17, JavaCPP.
 */
@NullMarked
package dev.bitfold.kernel.vector;

import org.jspecify.annotations.NullMarked;
