/**
 * What a quantization kernel is: the operations, the iteration shape that every granularity becomes
 * ({@link dev.bitfold.kernel.Groups}), grids and scales. Imports nothing of ours.
 */
@NullMarked
package dev.bitfold.kernel;

import org.jspecify.annotations.NullMarked;
