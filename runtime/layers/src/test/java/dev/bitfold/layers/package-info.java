/** Tests of the layers. */
@NullMarked
package dev.bitfold.layers;

import org.jspecify.annotations.NullMarked;
