/**
 * What can be wrong with a user's class, as values, and how the compiler prints it: the ids with
 * their messages and remedies, places, the reporter. Imports the compiler's language model and the
 * descriptors' rules.
 */
@NullMarked
package dev.bitfold.processor.diagnostics;

import org.jspecify.annotations.NullMarked;
