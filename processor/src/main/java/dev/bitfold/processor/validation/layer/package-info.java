/**
 * Checks layers: tensors, their quantizers, {@code forward} and {@code backward}, and the wrapper.
 * Imports {@code validation.creator} and {@code validation.quantizer}, {@code reader.layer}, {@code
 * reader.creator}, {@code reader}, {@code descriptor}, {@code lang}, {@code names}, {@code
 * diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.validation.layer;

import org.jspecify.annotations.NullMarked;
