/**
 * Reads annotated classes, which is the first stage. This package distinguishes layers, models and
 * recipes from other classes, and holds what all readers share. A reader reports only what it
 * cannot read. Rules about what was read are in {@code validation}. Imports {@code descriptor},
 * {@code lang}, {@code names}, {@code diagnostics} and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.reader;

import org.jspecify.annotations.NullMarked;
