/**
 * Quantizers as annotations declare them: from {@code @Quantize} to a descriptor, and from a
 * descriptor to code. Each element of the annotation is listed once, in {@code DescriptorElement}.
 * Imports {@code lang}, {@code names} and {@code diagnostics}.
 */
@NullMarked
package dev.bitfold.processor.descriptor;

import org.jspecify.annotations.NullMarked;
