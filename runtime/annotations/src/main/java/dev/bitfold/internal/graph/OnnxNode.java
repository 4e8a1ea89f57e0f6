package dev.bitfold.internal.graph;

import java.util.List;
import java.util.Set;

/**
 * Describes a node of a graph.
 *
 * @param name the name; of a node without one, or with one that others have, that of its first
 *     output
 * @param operator the operator, such as MatMul
 * @param domain the domain of the operator; empty for ONNX's own
 * @param inputs the names of the values that it reads; empty for one that is left out
 * @param outputs the names of the values that it yields
 * @param attributes its attributes
 */
public record OnnxNode(
    String name,
    String operator,
    String domain,
    List<String> inputs,
    List<String> outputs,
    List<OnnxAttribute> attributes) {
  private static final Set<String> ON_CODES =
      Set.of(
          "QuantizeLinear",
          "DequantizeLinear",
          "DynamicQuantizeLinear",
          "MatMulInteger",
          "ConvInteger",
          "QLinearMatMul",
          "QLinearConv",
          "QGemm",
          "QAttention",
          "MatMulIntegerToFloat",
          "DynamicQuantizeMatMul",
          "DynamicQuantizeLSTM",
          "MatMulNBits",
          "GatherBlockQuantized");

  /** Copies the lists. */
  public OnnxNode {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
    attributes = List.copyOf(attributes);
  }

  /** Returns whether an operator computes with codes: a file that has one is quantized already. */
  public static boolean isOnCodes(String operator) {
    return ON_CODES.contains(operator);
  }

  /** Returns whether the operator is one of ONNX's own. */
  public boolean isStandard() {
    return domain.isEmpty() || domain.equals("ai.onnx");
  }

  /** Returns whether the operator is ONNX's own of this name. */
  public boolean is(String standard) {
    return isStandard() && operator.equals(standard);
  }

  /** Returns the value of an integer attribute. */
  public long integer(String attribute, long otherwise) {
    return attributes.stream()
        .filter(a -> a.name().equals(attribute))
        .map(OnnxAttribute::integer)
        .findFirst()
        .orElse(otherwise);
  }

  /** Returns the graphs inside of the node. */
  public List<OnnxGraph> graphs() {
    return attributes.stream().flatMap(a -> a.graphs().stream()).toList();
  }

  OnnxNode named(String other) {
    return new OnnxNode(other, operator, domain, inputs, outputs, attributes);
  }
}
