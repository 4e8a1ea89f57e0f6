package dev.bitfold.onnx.model.cut;

/**
 * A node of an ONNX file that multiplies by weights, or holds nodes that do, and stays float.
 *
 * @param node its name
 * @param operator with the domain before it, if that is not ONNX's own
 * @param reason why it is not a layer
 */
public record LeftNode(String node, String operator, String reason) {
  @Override
  public String toString() {
    return node + " (" + operator + "): " + reason;
  }
}
