/**
 * Answers questions about the user's code from what the compiler shows: annotations, members, types
 * and bodies. Knows Bitfold's names and nothing of quantization. Imports {@code names}, {@code
 * diagnostics} for places, and {@code model} for accessors.
 */
@NullMarked
package dev.bitfold.processor.lang;

import org.jspecify.annotations.NullMarked;
