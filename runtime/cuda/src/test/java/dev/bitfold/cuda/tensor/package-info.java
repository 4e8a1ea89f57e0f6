/** Tensors on a device, on the stand-in. */
@NullMarked
package dev.bitfold.cuda.tensor;

import org.jspecify.annotations.NullMarked;
