/**
 * Reads a model class into a {@code ModelModel}: its components, the layers they may hold, and the
 * consumers that {@code @SmoothInto} lists. Imports {@code reader}, {@code reader.creator}, {@code
 * reader.layer}, {@code lang}, {@code diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.reader.model;

import org.jspecify.annotations.NullMarked;
