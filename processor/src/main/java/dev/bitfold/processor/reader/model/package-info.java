/**
 * Reads a model class in two stages. {@code ModelReader} turns its declarations into one {@code
 * DeclaredModel}: the constructor, and the components with the layers that they may hold. {@code
 * ModelResolver} turns that into a {@code ModelModel}. Imports {@code reader}, {@code
 * reader.creator}, {@code reader.layer}, {@code lang}, {@code names}, {@code diagnostics} and
 * {@code model}.
 */
@NullMarked
package dev.bitfold.processor.reader.model;

import org.jspecify.annotations.NullMarked;
