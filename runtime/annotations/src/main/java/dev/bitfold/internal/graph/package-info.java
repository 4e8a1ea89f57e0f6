/**
 * Reads the structure of ONNX files from their bytes, without the values of their tensors. The
 * compiler and the runtime share it, so that both see the same graph and the same hash. Imports the
 * supertype of Bitfold's exceptions alone.
 */
@NullMarked
package dev.bitfold.internal.graph;

import org.jspecify.annotations.NullMarked;
