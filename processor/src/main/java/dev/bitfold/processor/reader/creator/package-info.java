/**
 * Finds how a class is rebuilt: its constructor, and the member behind each parameter. Imports
 * {@code reader}, {@code lang}, {@code names}, {@code diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.reader.creator;

import org.jspecify.annotations.NullMarked;
