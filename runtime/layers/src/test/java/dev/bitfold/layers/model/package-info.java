/** Models of one layer, for the tests. */
@NullMarked
package dev.bitfold.layers.model;

import org.jspecify.annotations.NullMarked;
