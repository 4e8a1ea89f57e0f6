/**
 * Writes Java files from the records of {@code model}. Does not use the compiler's types. Imports
 * {@code model}, {@code names}, and {@code descriptor} for descriptors as code.
 */
@NullMarked
package dev.bitfold.processor.generator;

import org.jspecify.annotations.NullMarked;
