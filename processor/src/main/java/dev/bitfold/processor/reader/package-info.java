/**
 * Finds the annotated classes of a round, says what each is to be read as, and reads recipes.
 * Imports {@code lang}, {@code descriptor}, {@code diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.reader;

import org.jspecify.annotations.NullMarked;
