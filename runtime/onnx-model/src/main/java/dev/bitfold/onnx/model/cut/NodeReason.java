package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.export.MappedNode;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import java.util.List;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;

/** Says why a node is not a layer. */
final class NodeReason {
  private static final int BIAS = 2;

  private NodeReason() {}

  /** Returns the reason; null if the node is a layer, empty if it is nothing that could be one. */
  static @Nullable String of(Graph graph, NodeProto node) {
    if (!Graph.isStandard(node.getDomain())) {
      return "it is an operator of " + node.getDomain() + ", for which there is no layer";
    }
    if (!MappedNode.isKnown(node)) {
      return switch (node.getOpType()) {
        case "If", "Loop", "Scan" ->
            "its body is a graph of its own; bind(…) the input that its condition is computed of";
        case "LSTM", "GRU", "RNN" -> "a recurrent operator has no form with quantized weights";
        case "Einsum" -> "it is not a product with one weight; write it as a MatMul";
        default -> "there is no layer of operator " + node.getOpType();
      };
    }
    if (node.getInputCount() < 2) {
      return "it reads no weight";
    }
    return node.getOpType().equals("Gather") ? ofGather(graph, node) : ofProduct(graph, node);
  }

  private static @Nullable String ofGather(Graph graph, NodeProto node) {
    TensorProto table = graph.held(node.getInput(0)).orElse(null);
    if (table == null || !isFloat(table)) {
      // It picks values that are computed, or integers such as sizes.
      return table == null || !isHalf(table) ? "" : "its table is float16; convert it to float32";
    }
    long axis = Letters.integer(node, "axis", 0);
    if (table.getDimsCount() != 2) {
      return "its table has the shape " + table.getDimsList() + ", not [rows, columns]";
    }
    return axis == 0 || axis == -2
        ? null
        : "it picks columns of its table, which have scales of their own";
  }

  private static @Nullable String ofProduct(Graph graph, NodeProto node) {
    MappedNode mapped = new MappedNode(graph, node.getName());
    TensorProto weight;
    try {
      mapped.node();
      if (node.getOpType().equals("MatMul")
          && graph.held(node.getInput(1)).isEmpty()
          && !mapped.isTransposed()) {
        return graph.held(node.getInput(0)).isPresent()
            ? "its weight is on the left; a layer's is on the right"
            : computed(graph, node);
      }
      weight = mapped.weight();
    } catch (OnnxException e) {
      return strip(e.problem(), node.getName());
    }
    if (!isFloat(weight)) {
      return "its weight is of type " + type(weight) + "; only float32 is quantized";
    }
    int rank = weight.getDimsCount();
    boolean convolution = mapped.isConv() || mapped.isConvTranspose();
    if (convolution ? rank < 3 || rank > 5 : rank != 2) {
      return "its weight has the shape "
          + weight.getDimsList()
          + (convolution ? "; convolutions have 1 to 3 axes" : ", not [in, out]");
    }
    if (weight.getDimsList().contains(0L)) {
      return "its weight " + weight.getDimsList() + " is empty";
    }
    return bias(graph, mapped, weight);
  }

  private static String computed(Graph graph, NodeProto node) {
    String weight = node.getInput(1);
    return graph.isFed(weight)
        ? "its weight " + weight + " is an input that callers feed"
        : "both of its factors are computed; it has no weight";
  }

  private static @Nullable String bias(Graph graph, MappedNode mapped, TensorProto weight) {
    NodeProto node = mapped.node();
    if (node.getOpType().equals("MatMul")
        || node.getInputCount() <= BIAS
        || node.getInput(BIAS).isEmpty()) {
      return null;
    }
    TensorProto bias = graph.held(node.getInput(BIAS)).orElse(null);
    if (bias == null) {
      return "its bias " + node.getInput(BIAS) + " is computed, not a constant";
    }
    Letters letters = Letters.of(node, weight.getDimsCount());
    long channels = weight.getDims(letters.outputAxis());
    List<Long> dims = bias.getDimsList();
    boolean vector =
        !dims.isEmpty()
            && dims.stream().reduce(1L, (a, b) -> a * b) == channels
            && dims.get(dims.size() - 1) == channels;
    return vector && isFloat(bias)
        ? null
        : "its bias "
            + dims
            + " of type "
            + type(bias)
            + " is not float32 with a value for each of its "
            + channels
            + " output channels";
  }

  private static boolean isFloat(TensorProto tensor) {
    return tensor.getDataType() == TensorProto.DataType.FLOAT_VALUE;
  }

  private static boolean isHalf(TensorProto tensor) {
    return tensor.getDataType() == TensorProto.DataType.FLOAT16_VALUE;
  }

  private static String type(TensorProto tensor) {
    TensorProto.DataType type = TensorProto.DataType.forNumber(tensor.getDataType());
    return type == null ? Integer.toString(tensor.getDataType()) : type.name();
  }

  private static String strip(String problem, String node) {
    String start = "node " + node + " ";
    return problem.startsWith(start) ? "it " + problem.substring(start.length()) : problem;
  }
}
