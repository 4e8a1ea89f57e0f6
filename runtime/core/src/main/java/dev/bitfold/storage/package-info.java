/**
 * Files: the safetensors format, and the state of a quantized model in it. Knows states and packed
 * tensors, not models and plans.
 */
@NullMarked
package dev.bitfold.storage;

import org.jspecify.annotations.NullMarked;
