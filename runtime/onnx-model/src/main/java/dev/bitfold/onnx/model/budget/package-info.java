/**
 * Measures what each quantizer of a file does to its output and to its time, and solves what stays
 * float under a budget.
 */
@NullMarked
package dev.bitfold.onnx.model.budget;

import org.jspecify.annotations.NullMarked;
