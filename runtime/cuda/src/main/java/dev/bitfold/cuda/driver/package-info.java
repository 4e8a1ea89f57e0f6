/**
 * NVIDIA's driver library as it is called from Java: its functions, its errors as one exception,
 * devices, memory, streams and launches. Imports JNA, and of ours {@code
 * BitfoldException}.
 */
@NullMarked
package dev.bitfold.cuda.driver;

import org.jspecify.annotations.NullMarked;
