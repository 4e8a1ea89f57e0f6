/** The rooms of this module, and what they may import. */
@NullMarked
package dev.bitfold.cuda.house;

import org.jspecify.annotations.NullMarked;
