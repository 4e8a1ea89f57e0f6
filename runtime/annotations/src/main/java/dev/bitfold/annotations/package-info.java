/**
 * What a developer writes on a model, and what it means: the annotations, the {@link
 * dev.bitfold.annotations.QuantDescriptor} that a {@link dev.bitfold.annotations.Quantize}
 * describes, and the rules for valid descriptors, which the compiler and the runtime share. Imports
 * nothing but the JDK.
 */
@NullMarked
package dev.bitfold.annotations;

import org.jspecify.annotations.NullMarked;
