package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.file.Graph;
import java.util.List;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/**
 * What ONNX Runtime's CPU kernels do between a DequantizeLinear and a QuantizeLinear, as its
 * selectors of such nodes and the graphs that it optimized show (1.29).
 */
public final class Int8Operators {
  /** Computed on 8-bit integers if all inputs and the output are quantized. */
  private static final Set<String> INTEGERS =
      Set.of(
          "Conv",
          "MatMul",
          "Gemm",
          "Add",
          "Mul",
          "Concat",
          "Sigmoid",
          "LeakyRelu",
          "Softmax",
          "AveragePool",
          "GlobalAveragePool");

  /** Passes codes on as they are. */
  private static final Set<String> MOVERS =
      Set.of(
          "Reshape",
          "Flatten",
          "Squeeze",
          "Unsqueeze",
          "Transpose",
          "Expand",
          "Slice",
          "Gather",
          "MaxPool");

  private static final Set<String> ACTIVATIONS = Set.of("Relu", "Clip");

  private Int8Operators() {}

  /** Returns whether a node can be computed on 8-bit integers. */
  public static boolean isInteger(NodeProto node) {
    return INTEGERS.contains(node.getOpType()) && Graph.isStandard(node.getDomain());
  }

  /** Returns whether a node yields some of the values of its first input, and no others. */
  public static boolean isMover(NodeProto node) {
    if (!Graph.isStandard(node.getDomain())) {
      return false;
    }
    return MOVERS.contains(node.getOpType())
        || (Graph.is(node, "Resize") && text(node, "mode", "nearest").equals("nearest"));
  }

  /** Returns whether a node vanishes into a QuantizeLinear behind it, whose range it keeps. */
  public static boolean isActivation(NodeProto node) {
    return ACTIVATIONS.contains(node.getOpType()) && Graph.isStandard(node.getDomain());
  }

  /** Returns whether an operator takes a constant of one value on 8-bit integers. */
  public static boolean takesConstants(NodeProto node) {
    return Graph.is(node, "Add") || Graph.is(node, "Mul");
  }

  /** Returns whether a constant has one value, for which a pair of code and scale is exact. */
  public static boolean isSingle(TensorProto constant) {
    return constant.getDataType() == TensorProto.DataType.FLOAT_VALUE
        && constant.getDimsList().stream().allMatch(size -> size == 1);
  }

  /** Follows the activations that are the only readers of a value. */
  public static String behind(Graph graph, String value) {
    String last = value;
    while (!graph.isGraphOutput(last)) {
      List<NodeProto> readers = graph.readers(last);
      if (readers.size() != 1
          || !isActivation(readers.get(0))
          || !readers.get(0).getInput(0).equals(last)) {
        break;
      }
      last = readers.get(0).getOutput(0);
    }
    return last;
  }

  private static String text(NodeProto node, String name, String otherwise) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .map(AttributeProto::getS)
        .map(bytes -> bytes.toStringUtf8())
        .findFirst()
        .orElse(otherwise);
  }
}
