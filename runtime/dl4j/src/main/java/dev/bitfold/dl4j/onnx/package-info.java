/** Writes networks of Deeplearning4j as ONNX files. */
@NullMarked
package dev.bitfold.dl4j.onnx;

import org.jspecify.annotations.NullMarked;
