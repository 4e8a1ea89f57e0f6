/**
 * Checks models: their components, and the consumers that {@code @SmoothInto} lists. Imports {@code
 * validation.creator} and {@code validation.place}, {@code reader.model}, {@code reader.layer},
 * {@code reader}, {@code lang}, {@code names}, {@code diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.validation.model;

import org.jspecify.annotations.NullMarked;
