/** From the records of the model room to Java files. Sees nothing of the compiler. */
@NullMarked
package dev.bitfold.processor.generator;

import org.jspecify.annotations.NullMarked;
