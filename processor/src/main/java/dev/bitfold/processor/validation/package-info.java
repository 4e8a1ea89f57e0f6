/**
 * The rules, checked once a class has been read: on what it declares and on what would be generated
 * for it. One class for each subject; {@code Validator} calls them. Imports the readers' results,
 * {@code descriptor}, {@code lang}, {@code names}, {@code diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.validation;

import org.jspecify.annotations.NullMarked;
