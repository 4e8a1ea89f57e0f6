/**
 * Checks the rules after a class has been read. {@code Validator} is called for each class. The
 * rules are in packages by subject. Imports those packages, the readers' results, {@code lang},
 * {@code names}, {@code diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.validation;

import org.jspecify.annotations.NullMarked;
