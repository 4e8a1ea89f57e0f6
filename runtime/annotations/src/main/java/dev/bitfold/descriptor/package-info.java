/**
 * Describes how a tensor is quantized. {@link dev.bitfold.descriptor.QuantDescriptor} is the
 * description, and the compiler and the runtime share the rules for a valid one. {@link
 * dev.bitfold.descriptor.Layout} holds the letters of a tensor's axes, {@link
 * dev.bitfold.descriptor.Recipe} descriptors by role, and {@link dev.bitfold.descriptor.Alpha} how
 * strongly a layer is smoothed. {@link dev.bitfold.descriptor.BitfoldException} is the supertype of
 * all exceptions. Imports the JDK and the enums of {@code dev.bitfold.annotations}.
 */
@NullMarked
package dev.bitfold.descriptor;

import org.jspecify.annotations.NullMarked;
