/**
 * Brings an ONNX file into the form that layers are found in, and reports what was changed. Knows
 * nothing of models.
 */
@NullMarked
package dev.bitfold.onnx.model.prepare;

import org.jspecify.annotations.NullMarked;
