/**
 * Finds annotations that have no effect in their place. Imports {@code reader}, {@code lang},
 * {@code names} and {@code diagnostics}.
 */
@NullMarked
package dev.bitfold.processor.validation.place;

import org.jspecify.annotations.NullMarked;
