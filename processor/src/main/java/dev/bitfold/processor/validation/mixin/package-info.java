/**
 * Checks mix-ins: what they are, and that each of their members repeats one of their class. Imports
 * {@code reader}, {@code lang}, {@code names} and {@code diagnostics}.
 */
@NullMarked
package dev.bitfold.processor.validation.mixin;

import org.jspecify.annotations.NullMarked;
