/**
 * What javac can know of the traps that rebuilding and wrapping have, beyond what cannot be read.
 * Imports the readers' results.
 */
@NullMarked
package dev.bitfold.processor.validation;

import org.jspecify.annotations.NullMarked;
