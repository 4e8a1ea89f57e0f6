/** The model that others published, run by ONNX Runtime: what ours is compared with. */
package dev.bitfold.examples.embeddings.peer;
