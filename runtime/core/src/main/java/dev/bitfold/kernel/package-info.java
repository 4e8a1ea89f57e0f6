/**
 * Defines quantization kernels: the operations, the groups that every granularity becomes ({@link
 * dev.bitfold.kernel.Groups}), grids and scales. Of Bitfold's packages, it imports only the
 * annotations' {@link dev.bitfold.annotations.Rounding}.
 */
@NullMarked
package dev.bitfold.kernel;

import org.jspecify.annotations.NullMarked;
