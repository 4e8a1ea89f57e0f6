/** The memory of ND4J's arrays. Imports nothing of ours. */
@NullMarked
package dev.bitfold.tensor;

import org.jspecify.annotations.NullMarked;
