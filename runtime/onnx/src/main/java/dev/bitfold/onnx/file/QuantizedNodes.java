package dev.bitfold.onnx.file;

import dev.bitfold.onnx.file.OnnxInfo.QuantizedNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;

/** Finds the nodes of a graph that compute with quantized weights, in any form. */
final class QuantizedNodes {
  /** The operators that take codes, with the index of the weight's input. */
  private static final Map<String, Integer> WEIGHT_INPUT =
      Map.ofEntries(
          Map.entry("MatMulInteger", 1),
          Map.entry("ConvInteger", 1),
          Map.entry("QLinearMatMul", 3),
          Map.entry("QLinearConv", 3),
          Map.entry("MatMulIntegerToFloat", 1),
          Map.entry("DynamicQuantizeMatMul", 1),
          Map.entry("MatMulNBits", 1),
          Map.entry("QAttention", 1),
          Map.entry("QGemm", 3),
          Map.entry("DynamicQuantizeLSTM", 1),
          Map.entry("Gather", 0));

  private static final Set<String> DEQUANTIZED = Set.of("MatMul", "Gemm", "Conv", "ConvTranspose");
  private static final Set<String> SAME_VALUES =
      Set.of("Identity", "Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten");
  private static final Set<String> CODES =
      Set.of("INT8", "UINT8", "INT4", "UINT4", "FLOAT8E4M3FN", "FLOAT8E5M2");

  private final String file;
  private final GraphProto graph;
  private final Map<String, NodeProto> sources = new HashMap<>();
  private final Map<String, TensorProto> constants = new HashMap<>();

  QuantizedNodes(String file, GraphProto graph) {
    this.file = file;
    this.graph = graph;
    graph.getInitializerList().forEach(tensor -> constants.put(tensor.getName(), tensor));
    for (NodeProto node : graph.getNodeList()) {
      node.getOutputList().forEach(output -> sources.put(output, node));
      if (node.getOpType().equals("Constant")) {
        node.getAttributeList().stream()
            .filter(attribute -> attribute.hasT() && node.getOutputCount() == 1)
            .forEach(attribute -> constants.put(node.getOutput(0), attribute.getT()));
      }
    }
  }

  List<QuantizedNode> find() {
    List<QuantizedNode> found = new ArrayList<>();
    for (NodeProto node : graph.getNodeList()) {
      QuantizedNode quantized =
          DEQUANTIZED.contains(node.getOpType()) ? dequantized(node) : onCodes(node);
      if (quantized != null) {
        found.add(quantized);
      }
    }
    return found;
  }

  /** Recognizes DequantizeLinear before the weight, and possibly before the input. */
  private @Nullable QuantizedNode dequantized(NodeProto node) {
    NodeProto weight = node.getInputCount() < 2 ? null : source(node.getInput(1));
    if (weight == null || !isDequantize(weight)) {
      return null;
    }
    TensorProto codes = constants.get(weight.getInput(0));
    TensorProto scale = constants.get(weight.getInput(1));
    NodeProto input = source(node.getInput(0));
    String type = input != null && isDequantize(input) ? codesOf(input.getInput(0)) : "FLOAT";
    return codes == null ? null : quantized(node, type, codes, scale);
  }

  /** Recognizes an operator that takes codes itself. */
  private @Nullable QuantizedNode onCodes(NodeProto node) {
    Integer at = WEIGHT_INPUT.get(node.getOpType());
    if (at == null || node.getInputCount() <= at) {
      return null;
    }
    TensorProto codes = constants.get(node.getInput(at));
    if (codes == null || !CODES.contains(Tensors.typeName(file, codes))) {
      return null;
    }
    String type =
        switch (node.getOpType()) {
          case "Gather" -> "indices";
          case "DynamicQuantizeMatMul", "DynamicQuantizeLSTM" -> "UINT8, dynamic";
          case "MatMulNBits" -> "FLOAT";
          default -> codesOf(node.getInput(0));
        };
    boolean saysScale = at == 3 && node.getInputCount() > 4;
    return quantized(node, type, codes, saysScale ? constants.get(node.getInput(4)) : null);
  }

  private QuantizedNode quantized(
      NodeProto node, String input, TensorProto codes, @Nullable TensorProto scale) {
    return new QuantizedNode(
        node.getName(),
        OnnxInfo.operator(node),
        input,
        Tensors.typeName(file, codes),
        codes.getDimsList(),
        scale == null ? 0 : Tensors.length(Tensors.shape(file, scale)));
  }

  private static boolean isDequantize(NodeProto node) {
    return node.getOpType().equals("DequantizeLinear") && node.getInputCount() > 1;
  }

  /** Returns the node that makes a value, before nodes that only rearrange it. */
  private @Nullable NodeProto source(String value) {
    NodeProto node = sources.get(value);
    // The number of steps is bounded, because damaged files have cycles.
    for (int step = 0; node != null && step <= sources.size(); step++) {
      if (!SAME_VALUES.contains(node.getOpType()) || node.getInputCount() == 0) {
        return node;
      }
      node = sources.get(node.getInput(0));
    }
    return null;
  }

  /** Returns the type of a value that holds codes. */
  private String codesOf(String value) {
    NodeProto node = source(value);
    if (node == null) {
      return "?";
    }
    if (node.getOpType().equals("DynamicQuantizeLinear")) {
      return "UINT8, dynamic";
    }
    boolean quantize = node.getOpType().equals("QuantizeLinear");
    TensorProto zeroPoint =
        quantize && node.getInputCount() > 2 ? constants.get(node.getInput(2)) : null;
    return zeroPoint != null ? Tensors.typeName(file, zeroPoint) : quantize ? "UINT8" : "?";
  }
}
