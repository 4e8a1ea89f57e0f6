/**
 * The rules of how a class is built again: its constructor, what that carries, and what would be
 * lost. Imports {@code reader.creator}, {@code reader}, {@code lang}, {@code names} and {@code
 * diagnostics}.
 */
@NullMarked
package dev.bitfold.processor.validation.creator;

import org.jspecify.annotations.NullMarked;
