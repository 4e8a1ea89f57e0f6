package dev.bitfold.onnx.model;

import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OnnxWeights;

/**
 * A file that was opened.
 *
 * @param name begins messages
 * @param weights the file that layers were found in
 */
record Opened(String name, OnnxWeights weights) {
  OnnxFile file() {
    return weights.file();
  }
}
