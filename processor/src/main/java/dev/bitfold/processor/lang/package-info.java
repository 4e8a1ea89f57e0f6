/**
 * Questions about the user's code, as the compiler shows it: annotations, members, types, bodies.
 * Knows nothing of quantization but names.
 */
@NullMarked
package dev.bitfold.processor.lang;

import org.jspecify.annotations.NullMarked;
