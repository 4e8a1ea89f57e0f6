/**
 * Checks how a class is rebuilt: its constructor, what the constructor carries, and what would be
 * lost. Imports {@code reader.creator}, {@code reader}, {@code lang}, {@code names} and {@code
 * diagnostics}.
 */
@NullMarked
package dev.bitfold.processor.validation.creator;

import org.jspecify.annotations.NullMarked;
