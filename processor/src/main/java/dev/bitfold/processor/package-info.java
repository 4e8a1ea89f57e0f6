/** The annotation processor: reads annotated classes, validates them, and writes their wrappers. */
@NullMarked
package dev.bitfold.processor;

import org.jspecify.annotations.NullMarked;
