/**
 * Holds the annotations that a developer writes on layers and models, and the enums that they take.
 * A {@code QuantDescriptor} of {@code dev.bitfold.descriptor} has the same values at run time.
 * Imports nothing but the JDK.
 */
@NullMarked
package dev.bitfold.annotations;

import org.jspecify.annotations.NullMarked;
