/**
 * A user's class as read, in records: all that the generator sees. Imports JavaPoet's type names,
 * the annotations and places for diagnostics.
 */
@NullMarked
package dev.bitfold.processor.model;

import org.jspecify.annotations.NullMarked;
