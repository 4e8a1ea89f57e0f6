/**
 * Represents problems with a user's class as values, and prints them through the compiler. It
 * contains the ids with their messages and remedies, the places, and the reporter. Imports the
 * compiler's language model and the descriptors' rules.
 */
@NullMarked
package dev.bitfold.processor.diagnostics;

import org.jspecify.annotations.NullMarked;
