/** Ready-made layers on a device, on the stand-in. */
@NullMarked
package dev.bitfold.cuda.layers;

import org.jspecify.annotations.NullMarked;
