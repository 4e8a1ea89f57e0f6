/**
 * Describes how a tensor is quantized: {@link dev.bitfold.descriptor.QuantDescriptor} and the rules
 * for a valid one, which the compiler and the runtime share; {@link dev.bitfold.descriptor.Layout},
 * the letters of a tensor's axes; {@link dev.bitfold.descriptor.Recipe}, descriptors by role;
 * {@link dev.bitfold.descriptor.Alpha}, how strongly a layer is smoothed. Imports the JDK and the
 * enums of {@code dev.bitfold.annotations}.
 */
@NullMarked
package dev.bitfold.descriptor;

import org.jspecify.annotations.NullMarked;
