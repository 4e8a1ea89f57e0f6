/** Arrays of a backend on the device, on the stand-in. */
@NullMarked
package dev.bitfold.cuda.nd4j;

import org.jspecify.annotations.NullMarked;
