package dev.bitfold.onnx.export;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.NearestName;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.Tensors;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;

/**
 * Describes a node that computes a layer, or a part of its output channels. Engines of other
 * modules use it to find what an export takes for the node's weight, bias and letters.
 *
 * @param graph the graph of the node
 * @param name the node's name
 */
public record MappedNode(Graph graph, String name) {
  private static final Set<String> KNOWN =
      Set.of("MatMul", "Gemm", "Conv", "ConvTranspose", "Gather");
  private static final int BIAS = 2;

  /**
   * Returns whether a node can be mapped: whether it is one of the known operations in ONNX's own
   * domain.
   */
  public static boolean isKnown(NodeProto node) {
    return KNOWN.contains(node.getOpType()) && Graph.isStandard(node.getDomain());
  }

  /**
   * Returns the node itself.
   *
   * @throws OnnxException if there is no node of this name, or if it computes no layer
   */
  public NodeProto node() {
    NodeProto node = graph.node(name).orElseThrow(this::missing);
    if (!isKnown(node) || node.getInputCount() < 2) {
      throw bad(
          "is "
              + (Graph.isStandard(node.getDomain()) ? "" : node.getDomain() + ".")
              + node.getOpType()
              + " and computes no layer; MatMul, Gemm, Conv, ConvTranspose and Gather nodes of ONNX's"
              + " own domain do");
    }
    String problem = problem(node);
    if (problem != null) {
      throw bad(problem);
    }
    return node;
  }

  /** Returns whether a node of a known operation can compute a layer. */
  static boolean isLayer(NodeProto node) {
    return isKnown(node) && node.getInputCount() > 1 && problem(node) == null;
  }

  /**
   * Returns what keeps a node of a known operation from computing a layer; null if nothing does.
   */
  private static @Nullable String problem(NodeProto node) {
    if (node.getOpType().equals("Gemm") && attribute(node, "transA") != 0) {
      return "transposes its input (transA = 1), and then the input's channels are not its last"
          + " axis: put a Transpose node before it, and set transA to 0";
    }
    long groups = attribute(node, "group");
    if (node.getOpType().equals("ConvTranspose") && groups > 1) {
      return "has "
          + groups
          + " groups, which share the axis of output channels in the weight of a ConvTranspose [in,"
          + " out / groups, …], so that scales along it cannot tell them apart";
    }
    return null;
  }

  private OnnxException missing() {
    Optional<NodeProto> holder = graph.holder(name);
    if (holder.isPresent()) {
      return bad(
          "stands inside of the "
              + holder.get().getOpType()
              + " node "
              + holder.get().getName()
              + ", and only nodes of the graph itself are quantized: fix the condition and fold"
              + " constants first, such as with onnxsim");
    }
    List<String> names =
        graph.nodes().stream().filter(MappedNode::isKnown).map(NodeProto::getName).toList();
    return graph.bad("has no node " + name + "; " + NearestName.question(name, names));
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

  public boolean isGather() {
    return Graph.is(node(), "Gather");
  }

  public boolean isConv() {
    return Graph.is(node(), "Conv");
  }

  public boolean isConvTranspose() {
    return Graph.is(node(), "ConvTranspose");
  }

  /** Returns the axis of the weight, in the node's order, that holds the output channels. */
  int outputAxis() {
    NodeProto node = node();
    return switch (node.getOpType()) {
      case "Conv" -> 0;
      case "Gemm" -> attribute(node, "transB") != 0 ? 0 : 1;
      case "ConvTranspose" -> 1;
      default -> weight().getDimsCount() - 1;
    };
  }

  /** Returns the index of the input that is the weight. */
  public int weightInput() {
    return isGather() ? 0 : 1;
  }

  /** Returns the value that is the layer's input; not for a Gather. */
  public String data() {
    return node().getInput(0);
  }

  /** Returns the letters of the weight's axes in the node's order. */
  String letters(String path, Layout layout) {
    NodeProto node = node();
    String letters =
        switch (node.getOpType()) {
          case "MatMul" -> "IO";
          case "Gemm" -> attribute(node, "transB") != 0 ? "OI" : "IO";
          case "Gather" -> layout.letters();
          case "ConvTranspose" -> "IO" + axesOf(layout);
          default -> "OI" + axesOf(layout);
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

  private static String axesOf(Layout layout) {
    return layout.letters().replaceAll("[^TDHW]", "");
  }

  /** Returns the float32 weight, before a possible Transpose. */
  public TensorProto weight() {
    String value = node().getInput(weightInput());
    return graph
        .held(value)
        .or(() -> transposed(value))
        .orElseThrow(() -> bad("reads " + value + " as its weight, which is " + instead(value)));
  }

  /** Returns what a weight is if it is not a constant, with a remedy. */
  private String instead(String value) {
    if (graph.isFed(value)) {
      return "an input that callers feed, not a constant of this file; save the model with its"
          + " weights as initializers";
    }
    if (graph.isSparse(value)) {
      return "a sparse initializer; save the model with dense ones";
    }
    NodeProto source = graph.producer(value);
    if (source != null && Graph.is(source, "Cast") && graph.held(source.getInput(0)).isPresent()) {
      return "cast by node "
          + source.getName()
          + " from "
          + Tensors.typeName(graph.file(), graph.held(source.getInput(0)).orElseThrow())
          + "; save the model with weights of float32, such as by folding constants with onnxsim or"
          + " ONNX Runtime's offline optimizer";
    }
    return "computed by the file, not a constant of it; fold constants first, such as with onnxsim"
        + " or ONNX Runtime's offline optimizer";
  }

  /** Returns a key that is equal for nodes that read the same weight in the same way. */
  public String weightKey() {
    String value = node().getInput(weightInput());
    String key = isTransposed() ? "transposed " : "";
    NodeProto source = graph.producer(value);
    while (source != null && source.getInputCount() > 0) {
      value = source.getInput(0);
      source = graph.producer(value);
    }
    return node().getOpType() + " " + key + value;
  }

  /** Returns whether a Transpose is between the constant and the node. */
  public boolean isTransposed() {
    String value = node().getInput(weightInput());
    return graph.held(value).isEmpty() && transposed(value).isPresent();
  }

  private Optional<TensorProto> transposed(String value) {
    NodeProto source = graph.producer(value);
    if (source == null) {
      return Optional.empty();
    }
    boolean reverses =
        Graph.is(source, "Transpose")
            && source.getInputCount() == 1
            && source.getAttributeList().stream()
                .allMatch(perm -> perm.getIntsList().equals(List.of(1L, 0L)));
    return reverses
        ? graph.held(source.getInput(0)).filter(tensor -> tensor.getDimsCount() == 2)
        : Optional.empty();
  }

  /**
   * Returns the node whose constant is the bias: this node, or the Add behind a MatMul; null if
   * there is none.
   */
  public @Nullable NodeProto biasNode() {
    NodeProto node = node();
    if (!node.getOpType().equals("MatMul")) {
      boolean has = node.getInputCount() > BIAS && graph.held(node.getInput(BIAS)).isPresent();
      return has ? node : null;
    }
    List<NodeProto> readers = graph.readers(node.getOutput(0));
    if (readers.size() != 1 || graph.isGraphOutput(node.getOutput(0))) {
      return null;
    }
    NodeProto add = readers.get(0);
    boolean biased =
        Graph.is(add, "Add")
            && graph.held(other(add, node.getOutput(0))).filter(MappedNode::isVector).isPresent();
    return biased ? add : null;
  }

  /** Returns what keeps the node from having a bias, and the remedy. */
  String whyNoBias() {
    NodeProto node = node();
    if (!node.getOpType().equals("MatMul")) {
      return node.getInputCount() > BIAS
          ? ": " + node.getInput(BIAS) + " is " + instead(node.getInput(BIAS))
          : ": build the layer without a bias, or save the model with one";
    }
    String product = node.getOutput(0);
    if (graph.isGraphOutput(product)) {
      return ": its product "
          + product
          + " is an output of the graph as well, before a bias is added; remove that output";
    }
    List<NodeProto> readers = graph.readers(product);
    if (readers.size() > 1) {
      return ": its product "
          + product
          + " is read by "
          + readers.size()
          + " nodes, and only a single Add behind it can be its bias";
    }
    return ": no Add of a constant vector follows it; build the layer without a bias, or save the"
        + " model with constants folded";
  }

  /** Returns whether a tensor has one value for each channel, possibly after axes of size 1. */
  private static boolean isVector(TensorProto tensor) {
    int rank = tensor.getDimsCount();
    return rank > 0 && tensor.getDimsList().subList(0, rank - 1).stream().allMatch(d -> d == 1);
  }

  /** Returns the index of the input of {@link #biasNode} that is the bias. */
  public int biasInput(NodeProto biasNode) {
    NodeProto node = node();
    if (!node.getOpType().equals("MatMul")) {
      return BIAS;
    }
    return biasNode.getInput(0).equals(node.getOutput(0)) ? 1 : 0;
  }

  /**
   * Returns the value that is the layer's output.
   *
   * @param biased whether the layer has a bias; if it has none, a constant that is added behind it
   *     does not belong to it
   */
  public String output(boolean biased) {
    NodeProto bias = biased ? biasNode() : null;
    return (bias == null ? node() : bias).getOutput(0);
  }

  /** Returns the number of axes behind the channel axis of its input and output. */
  int axesBehind() {
    return isConv() || isConvTranspose() ? Math.max(0, weight().getDimsCount() - 2) : 0;
  }

  private static String other(NodeProto add, String value) {
    return add.getInputCount() != 2
        ? ""
        : add.getInput(0).equals(value) ? add.getInput(1) : add.getInput(0);
  }

  /** Returns the factor of the product. */
  public float alpha() {
    return factor("alpha");
  }

  /** Returns the factor of the bias. */
  public float beta() {
    return factor("beta");
  }

  private float factor(String name) {
    NodeProto node = node();
    return node.getOpType().equals("Gemm")
        ? node.getAttributeList().stream()
            .filter(attribute -> attribute.getName().equals(name))
            .map(AttributeProto::getF)
            .findFirst()
            .orElse(1f)
        : 1f;
  }

  /** Returns the node without alpha and beta, which have been applied to its weight and bias. */
  public static NodeProto plain(NodeProto node) {
    NodeProto.Builder plain = node.toBuilder().clearAttribute();
    node.getAttributeList().stream()
        .filter(
            attribute ->
                !node.getOpType().equals("Gemm")
                    || !Set.of("alpha", "beta").contains(attribute.getName()))
        .forEach(plain::addAttribute);
    return plain.build();
  }
}
