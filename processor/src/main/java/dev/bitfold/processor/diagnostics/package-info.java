/**
 * What can be wrong with a user's class, as values, and how the compiler prints it. Imports the
 * language's model and the descriptors' rules.
 */
@NullMarked
package dev.bitfold.processor.diagnostics;

import org.jspecify.annotations.NullMarked;
