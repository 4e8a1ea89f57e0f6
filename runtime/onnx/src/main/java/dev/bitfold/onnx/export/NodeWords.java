package dev.bitfold.onnx.export;

/**
 * The words of a node's name, as exporters make it of a module's path: {@code
 * /model/encoder.0/fc1/MatMul}.
 *
 * @param module the name with dots between the words, and before the first
 */
record NodeWords(String module) {
  static NodeWords of(String node) {
    return new NodeWords("." + node.replace('/', '.').replaceAll("^\\.+", ""));
  }

  private String path() {
    return module.substring(0, module.lastIndexOf('.')) + ".";
  }

  /** Whether the words, or those before the last, are a layer's path. */
  boolean are(String layer) {
    return path().equals("." + layer + ".") || module.equals("." + layer);
  }

  /** Whether the words before the last end in a layer's path. */
  boolean end(String layer) {
    return are(layer) || path().endsWith("." + layer + ".");
  }
}
