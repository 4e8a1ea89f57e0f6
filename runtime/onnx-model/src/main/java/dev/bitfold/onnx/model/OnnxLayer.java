package dev.bitfold.onnx.model;

import java.util.List;

/**
 * A layer of an ONNX file: a node with a constant weight, or several that read one value.
 *
 * @param path the layer's name in plans, summaries and files: that of its first node
 * @param operator {@code MatMul}, {@code Gemm}, {@code Conv}, {@code ConvTranspose} or {@code
 *     Gather}
 * @param nodes the names of all its nodes; their output channels stand one after the other
 * @param weightShape the shape of the weight, of all nodes together
 * @param weightLayout the letters of the weight's axes
 * @param inputLayout the letters of the input's axes; empty for a Gather, which reads indices
 */
public record OnnxLayer(
    String path,
    String operator,
    List<String> nodes,
    List<Long> weightShape,
    String weightLayout,
    String inputLayout) {
  /** Copies the lists. */
  public OnnxLayer {
    nodes = List.copyOf(nodes);
    weightShape = List.copyOf(weightShape);
  }

  @Override
  public String toString() {
    return path
        + " ("
        + operator
        + " "
        + weightLayout
        + " "
        + weightShape
        + (nodes.size() > 1 ? ", with " + String.join(", ", nodes.subList(1, nodes.size())) : "")
        + ")";
  }
}
