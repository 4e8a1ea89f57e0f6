package dev.bitfold.onnx.export;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;

/**
 * A node that computes a layer, or a part of its output channels.
 *
 * @param graph where it is
 * @param name its name
 */
record MappedNode(Graph graph, String name) {
  private static final Set<String> KNOWN = Set.of("MatMul", "Gemm", "Conv", "Gather");
  private static final int BIAS = 2;

  /** Whether nodes of an operation can be mapped. */
  static boolean isKnown(String operation) {
    return KNOWN.contains(operation);
  }

  NodeProto node() {
    NodeProto node = graph.node(name).orElseThrow(() -> graph.bad("has no node " + name));
    if (!KNOWN.contains(node.getOpType()) || node.getInputCount() < 2) {
      throw bad("computes no layer; MatMul, Gemm, Conv and Gather nodes do");
    }
    if (node.getOpType().equals("Gemm") && attribute(node, "transA") != 0) {
      throw bad("transposes its input");
    }
    return node;
  }

  OnnxException bad(String what) {
    return graph.bad("node " + name + " " + what);
  }

  private static long attribute(NodeProto node, String name) {
    return node.getAttributeList().stream()
        .filter(attribute -> attribute.getName().equals(name))
        .mapToLong(AttributeProto::getI)
        .findFirst()
        .orElse(0);
  }

  boolean isGather() {
    return node().getOpType().equals("Gather");
  }

  boolean isConv() {
    return node().getOpType().equals("Conv");
  }

  /** The input that reads the weight. */
  int weightInput() {
    return isGather() ? 0 : 1;
  }

  /** The value that the layer's input is; not of a Gather. */
  String data() {
    return node().getInput(0);
  }

  /** The letters of the weight's axes as the node has them. */
  String letters(String path, Layout layout) {
    NodeProto node = node();
    String letters =
        switch (node.getOpType()) {
          case "MatMul" -> "IO";
          case "Gemm" -> attribute(node, "transB") != 0 ? "OI" : "IO";
          case "Gather" -> layout.letters();
          default -> "OI" + layout.letters().replaceAll("[^DHW]", "");
        };
    if (layout.isUnknown() || layout.isOpen() || letters.length() != layout.namedAxes()) {
      throw bad(
          "has a weight "
              + letters
              + " and computes "
              + path
              + ", whose layout is \""
              + layout
              + "\"");
    }
    for (int i = 0; i < letters.length(); i++) {
      if (!layout.has(letters.charAt(i))) {
        throw bad(
            "has a weight "
                + letters
                + ", and the layout "
                + layout
                + " of "
                + path
                + " lacks the letter "
                + letters.charAt(i));
      }
    }
    return letters;
  }

  /** The float32 weight, and whether it has to be transposed first. */
  TensorProto weight() {
    String value = node().getInput(weightInput());
    return graph
        .constant(value)
        .or(() -> transposed(value))
        .orElseThrow(
            () -> bad("reads " + value + " as its weight, which is no constant of this file"));
  }

  /** Whether a Transpose stands between the constant and the node. */
  boolean isTransposed() {
    String value = node().getInput(weightInput());
    return graph.constant(value).isEmpty() && transposed(value).isPresent();
  }

  private Optional<TensorProto> transposed(String value) {
    NodeProto source = graph.producer(value);
    if (source == null) {
      return Optional.empty();
    }
    boolean reverses =
        source.getOpType().equals("Transpose")
            && source.getInputCount() == 1
            && source.getAttributeList().stream()
                .allMatch(perm -> perm.getIntsList().equals(List.of(1L, 0L)));
    return reverses
        ? graph.constant(source.getInput(0)).filter(tensor -> tensor.getDimsCount() == 2)
        : Optional.empty();
  }

  /** The node whose constant is the bias: this one, or the Add behind a MatMul. Null if none. */
  @Nullable NodeProto biasNode() {
    NodeProto node = node();
    if (!node.getOpType().equals("MatMul")) {
      boolean has = node.getInputCount() > BIAS && graph.constant(node.getInput(BIAS)).isPresent();
      return has ? node : null;
    }
    List<NodeProto> readers = graph.readers(node.getOutput(0));
    if (readers.size() != 1 || graph.isGraphOutput(node.getOutput(0))) {
      return null;
    }
    NodeProto add = readers.get(0);
    boolean biased =
        add.getOpType().equals("Add")
            && graph
                .constant(other(add, node.getOutput(0)))
                .filter(tensor -> tensor.getDimsCount() == 1)
                .isPresent();
    return biased ? add : null;
  }

  /** Which input of {@link #biasNode} is the bias. */
  int biasInput(NodeProto biasNode) {
    NodeProto node = node();
    if (!node.getOpType().equals("MatMul")) {
      return BIAS;
    }
    return biasNode.getInput(0).equals(node.getOutput(0)) ? 1 : 0;
  }

  private static String other(NodeProto add, String value) {
    return add.getInputCount() != 2
        ? ""
        : add.getInput(0).equals(value) ? add.getInput(1) : add.getInput(0);
  }

  /** What the bias is multiplied by when it is added. */
  float beta() {
    NodeProto node = node();
    return node.getOpType().equals("Gemm")
        ? node.getAttributeList().stream()
            .filter(attribute -> attribute.getName().equals("beta"))
            .map(AttributeProto::getF)
            .findFirst()
            .orElse(1f)
        : 1f;
  }
}
