/**
 * What a quantization kernel is: the operations, the iteration shape that every granularity becomes
 * ({@link dev.bitfold.kernel.Groups}), grids and scales. Of ours it imports the annotations' {@link
 * dev.bitfold.annotations.Rounding} alone.
 */
@NullMarked
package dev.bitfold.kernel;

import org.jspecify.annotations.NullMarked;
