/**
 * The rules, checked once a class has been read. {@code Validator} is called for each class; the
 * rules stand in rooms by subject. Imports those rooms, the readers' results, {@code lang}, {@code
 * names}, {@code diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.validation;

import org.jspecify.annotations.NullMarked;
