/** Gives access to the memory of ND4J's arrays. Imports no other package of Bitfold. */
@NullMarked
package dev.bitfold.tensor;

import org.jspecify.annotations.NullMarked;
