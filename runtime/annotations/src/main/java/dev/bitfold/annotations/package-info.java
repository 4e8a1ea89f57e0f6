/**
 * The annotations that a developer writes on layers and models, and the enums that they take. What
 * they mean is a {@code QuantDescriptor} of {@code dev.bitfold.descriptor}. Imports nothing but the
 * JDK.
 */
@NullMarked
package dev.bitfold.annotations;

import org.jspecify.annotations.NullMarked;
