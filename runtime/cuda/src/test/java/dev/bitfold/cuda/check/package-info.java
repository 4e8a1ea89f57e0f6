/** What the bundle for a real device runs there: the tests again, and how fast the kernels are. */
@NullMarked
package dev.bitfold.cuda.check;

import org.jspecify.annotations.NullMarked;
