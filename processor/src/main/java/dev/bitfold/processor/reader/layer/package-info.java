/**
 * Reads a layer class in two stages. {@code LayerReader} turns its declarations into one {@code
 * DeclaredLayer}: tensors, {@code forward} and {@code backward}, quantizers, the constructor.
 * {@code LayerResolver} decides from that alone what is generated, as a {@code LayerModel}. Imports
 * {@code reader}, {@code reader.creator}, {@code descriptor}, {@code lang}, {@code names}, {@code
 * diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.reader.layer;

import org.jspecify.annotations.NullMarked;
