/**
 * Provides the kernels of {@code dev.bitfold.kernel} on a device, and chooses when the device is
 * used. Imports {@code dev.bitfold.kernel}, {@code dev.bitfold.cuda.launch} and {@code
 * dev.bitfold.cuda.driver}.
 */
@NullMarked
package dev.bitfold.cuda.kernel;

import org.jspecify.annotations.NullMarked;
