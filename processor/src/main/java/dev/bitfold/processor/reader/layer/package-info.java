/**
 * Reads a layer class into a {@code LayerModel}: its tensors, its {@code forward} and {@code
 * backward}, and the quantizer of each tensor. Imports {@code reader}, {@code reader.creator},
 * {@code lang}, {@code descriptor}, {@code diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.reader.layer;

import org.jspecify.annotations.NullMarked;
