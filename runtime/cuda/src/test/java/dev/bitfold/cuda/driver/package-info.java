/** The driver's calls, on the stand-in. */
@NullMarked
package dev.bitfold.cuda.driver;

import org.jspecify.annotations.NullMarked;
