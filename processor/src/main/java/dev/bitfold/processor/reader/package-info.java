/**
 * Reading, the first stage: what tells layers, models and recipes from other classes, and what all
 * readers share. A reader reports only what it cannot read; rules on what it has read stand in
 * {@code validation}. Imports {@code descriptor}, {@code lang}, {@code names}, {@code diagnostics}
 * and {@code model}.
 */
@NullMarked
package dev.bitfold.processor.reader;

import org.jspecify.annotations.NullMarked;
