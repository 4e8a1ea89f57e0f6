/**
 * Finds ONNX files for the compiler, and says which of their nodes are layers, as far as the file
 * alone tells. Imports the structure of files and the compiler's access to resources.
 */
@NullMarked
package dev.bitfold.processor.onnx;

import org.jspecify.annotations.NullMarked;
