/**
 * Reads the user's annotated classes into the records of the model room, and reports what cannot be
 * read. Imports the language, descriptors, diagnostics and the model.
 */
@NullMarked
package dev.bitfold.processor.reader;

import org.jspecify.annotations.NullMarked;
