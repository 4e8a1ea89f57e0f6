/**
 * The quantized model as an ONNX file, and its comparison in ONNX Runtime. It may use everything
 * but the program itself.
 */
package dev.bitfold.examples.embeddings.deploy;
