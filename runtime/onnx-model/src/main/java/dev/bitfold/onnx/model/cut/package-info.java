/**
 * Finds the layers of a prepared file, cuts the graph there, and runs what lies between the cuts in
 * ONNX Runtime.
 */
@NullMarked
package dev.bitfold.onnx.model.cut;

import org.jspecify.annotations.NullMarked;
