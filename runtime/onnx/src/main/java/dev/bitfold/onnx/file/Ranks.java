package dev.bitfold.onnx.file;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import onnx.Onnx.ValueInfoProto;
import org.jspecify.annotations.Nullable;

/** Finds the number of axes of a graph's values, as far as a few common operations tell. */
final class Ranks {
  private static final int MAX_DEPTH = 64;
  private static final Set<String> SAME =
      Set.of(
          "Identity",
          "Cast",
          "Relu",
          "Erf",
          "Sqrt",
          "Tanh",
          "Sigmoid",
          "Neg",
          "Dropout",
          "Softmax",
          "Clip",
          "LayerNormalization",
          "QuantizeLinear",
          "DequantizeLinear",
          "Gelu",
          "AveragePool",
          "BatchNormalization",
          "Conv",
          "ConvTranspose",
          "Elu",
          "GlobalAveragePool",
          "GlobalMaxPool",
          "HardSigmoid",
          "InstanceNormalization",
          "LRN",
          "LeakyRelu",
          "MaxPool",
          "PRelu",
          "Pad",
          "Resize",
          "Selu",
          "Slice",
          "Upsample");
  private static final Set<String> BROADCAST =
      Set.of("Add", "Sub", "Mul", "Div", "Pow", "Where", "MatMul", "Max", "Min");

  private final Map<String, NodeProto> producers = new HashMap<>();
  private final Map<String, Integer> known = new HashMap<>();
  private final Map<String, Integer> types = new HashMap<>();
  private final Map<String, TensorProto> initializers = new HashMap<>();

  Ranks(GraphProto graph) {
    graph.getNodeList().forEach(node -> node.getOutputList().forEach(o -> producers.put(o, node)));
    for (TensorProto tensor : graph.getInitializerList()) {
      known.put(tensor.getName(), tensor.getDimsCount());
      types.put(tensor.getName(), tensor.getDataType());
      initializers.put(tensor.getName(), tensor);
    }
    graph.getInputList().forEach(this::note);
    graph.getValueInfoList().forEach(this::note);
    graph.getOutputList().forEach(this::note);
  }

  private void note(ValueInfoProto value) {
    if (value.getType().hasTensorType()) {
      types.put(value.getName(), value.getType().getTensorType().getElemType());
    }
    if (value.getType().hasTensorType() && value.getType().getTensorType().hasShape()) {
      known.put(value.getName(), value.getType().getTensorType().getShape().getDimCount());
    }
  }

  /** Returns the rank of a value; empty if it is not known. */
  OptionalInt of(String value) {
    int rank = of(value, 0);
    return rank < 0 ? OptionalInt.empty() : OptionalInt.of(rank);
  }

  /** Returns the element type of a value, as a number of the format; float32 if it is not known. */
  int elementType(String value) {
    return types.getOrDefault(value, ElementType.FLOAT.number());
  }

  /** Returns the constant behind a value; empty if the value is not constant. */
  Optional<TensorProto> constant(String value) {
    NodeProto node = producers.get(value);
    return Optional.ofNullable(node == null ? initializers.get(value) : constant(node));
  }

  private int of(String value, int depth) {
    Integer stored = known.get(value);
    if (stored != null) {
      return stored;
    }
    NodeProto node = producers.get(value);
    if (node == null || depth > MAX_DEPTH) {
      return -1;
    }
    int rank = of(node, depth + 1);
    known.put(value, rank);
    return rank;
  }

  private int of(NodeProto node, int depth) {
    String operation = node.getOpType();
    List<String> inputs = node.getInputList();
    if (operation.equals("Constant")) {
      TensorProto tensor = constant(node);
      return tensor == null ? -1 : tensor.getDimsCount();
    }
    if (operation.equals("Transpose")) {
      return node.getAttributeList().stream()
          .filter(attribute -> attribute.getName().equals("perm"))
          .mapToInt(AttributeProto::getIntsCount)
          .findFirst()
          .orElse(-1);
    }
    if (operation.equals("Gemm") || operation.equals("Flatten")) {
      return 2;
    }
    if (operation.equals("Reshape") && inputs.size() > 1) {
      return length(inputs.get(1));
    }
    if (operation.equals("Unsqueeze") && !inputs.isEmpty()) {
      int rank = of(inputs.get(0), depth);
      int axes = axes(node);
      return rank < 0 || axes < 0 ? -1 : rank + axes;
    }
    if (SAME.contains(operation) && !inputs.isEmpty()) {
      return of(inputs.get(0), depth);
    }
    if (BROADCAST.contains(operation)) {
      int rank = -1;
      for (String input : inputs) {
        int one = of(input, depth);
        if (one < 0) {
          return -1;
        }
        rank = Math.max(rank, one);
      }
      return rank;
    }
    return -1;
  }

  /**
   * Returns the number of axes that a node inserts: those of its attribute, or since opset 13, of
   * its input.
   */
  private int axes(NodeProto node) {
    if (node.getInputCount() > 1) {
      return length(node.getInput(1));
    }
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals("axes"))
        .mapToInt(AttributeProto::getIntsCount)
        .findFirst()
        .orElse(-1);
  }

  /** Returns the number of elements of a vector that is constant or joined from single elements. */
  private int length(String value) {
    NodeProto node = producers.get(value);
    if (node != null && node.getOpType().equals("Concat")) {
      return node.getInputCount();
    }
    return constant(value)
        .filter(tensor -> tensor.getDimsCount() == 1)
        .map(tensor -> (int) tensor.getDims(0))
        .orElse(-1);
  }

  private static @Nullable TensorProto constant(NodeProto node) {
    return node.getOpType().equals("Constant")
            && node.getAttributeCount() == 1
            && node.getAttribute(0).hasT()
        ? node.getAttribute(0).getT()
        : null;
  }
}
