package dev.bitfold.onnx.export;

/**
 * Splits a node's name into words, because exporters derive it from a module's path: {@code
 * /model/encoder.0/fc1/MatMul}.
 *
 * @param module the name with dots between and before the words
 */
record NodeWords(String module) {
  static NodeWords of(String node) {
    return new NodeWords("." + node.replace('/', '.').replaceAll("^\\.+", ""));
  }

  private String path() {
    return module.substring(0, module.lastIndexOf('.')) + ".";
  }

  /** Returns whether the words, or all words but the last, are a layer's path. */
  boolean are(String layer) {
    return path().equals("." + layer + ".") || module.equals("." + layer);
  }

  /** Returns whether the words before the last end with a layer's path. */
  boolean end(String layer) {
    return are(layer) || path().endsWith("." + layer + ".");
  }
}
