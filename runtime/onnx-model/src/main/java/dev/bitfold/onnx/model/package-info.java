/**
 * An ONNX file as a Bitfold model: its nodes with constant weights are the layers. The only package
 * of this module that users need beside {@code data}.
 */
@NullMarked
package dev.bitfold.onnx.model;

import org.jspecify.annotations.NullMarked;
