/**
 * Represents the quantizers that annotations declare. It reads descriptors from {@code @Quantize},
 * and writes them as code. Each element of the annotation is listed once, in {@code
 * DescriptorElement}. Imports {@code lang}, {@code names} and {@code diagnostics}.
 */
@NullMarked
package dev.bitfold.processor.descriptor;

import org.jspecify.annotations.NullMarked;
