/** Quantizes networks of Deeplearning4j. */
@NullMarked
package dev.bitfold.dl4j;

import org.jspecify.annotations.NullMarked;
