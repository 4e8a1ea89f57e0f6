/**
 * Writes Java files from the records of {@code model}. Sees nothing of the compiler. Imports {@code
 * model}, {@code names}, and {@code descriptor} for descriptors as code.
 */
@NullMarked
package dev.bitfold.processor.generator;

import org.jspecify.annotations.NullMarked;
