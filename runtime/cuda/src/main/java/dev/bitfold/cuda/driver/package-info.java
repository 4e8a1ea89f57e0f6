/**
 * Calls NVIDIA's driver library from Java: its functions, its errors as one exception, devices,
 * memory, streams and launches. Imports JNA and Bitfold's {@code BitfoldException}.
 */
@NullMarked
package dev.bitfold.cuda.driver;

import org.jspecify.annotations.NullMarked;
