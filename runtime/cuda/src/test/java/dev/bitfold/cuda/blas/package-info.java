/** Matrix products on a device, on the stand-in, and on one for cuBLAS. */
@NullMarked
package dev.bitfold.cuda.blas;

import org.jspecify.annotations.NullMarked;
