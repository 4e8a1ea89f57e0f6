/**
 * Quantizers: from {@code @Quantize} to descriptors, checked by the rules that the runtime shares,
 * and from descriptors to code.
 */
@NullMarked
package dev.bitfold.processor.descriptor;

import org.jspecify.annotations.NullMarked;
