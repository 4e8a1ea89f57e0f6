/** Files in: ONNX weights become the model. It may use the model and nothing else of ours. */
package dev.bitfold.examples.embeddings.load;
