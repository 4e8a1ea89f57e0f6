/** Matrix products on a card, on the stand-in, and on one for cuBLAS. */
@NullMarked
package dev.bitfold.cuda.blas;

import org.jspecify.annotations.NullMarked;
