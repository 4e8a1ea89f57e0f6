/**
 * Reads and writes files: the safetensors format, and the state of a quantized model in that
 * format. Knows states and packed tensors, but not models and plans.
 */
@NullMarked
package dev.bitfold.storage;

import org.jspecify.annotations.NullMarked;
