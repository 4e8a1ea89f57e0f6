package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.export.MappedNode;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.model.cut.FoundLayer.Call;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/** Finds the layers of a graph, and says of every other node that could be meant why it is none. */
final class LayerFinder {
  /** Operators that multiply by weights, or hold nodes that do. */
  private static final Set<String> HEAVY =
      Set.of(
          "MatMul",
          "Gemm",
          "Conv",
          "ConvTranspose",
          "DeformConv",
          "Gather",
          "LSTM",
          "GRU",
          "RNN",
          "Einsum",
          "Attention",
          "MultiHeadAttention",
          "GroupQueryAttention",
          "FusedMatMul",
          "FusedGemm",
          "FusedConv",
          "EmbedLayerNormalization",
          "If",
          "Loop",
          "Scan");

  private static final Set<String> JOINED = Set.of("MatMul", "Gemm");

  private final Graph graph;
  private final UnaryOperator<String> names;
  private final Set<String> paths = new HashSet<>();
  private final Map<String, LeftNode> left = new LinkedHashMap<>();

  private LayerFinder(Graph graph, UnaryOperator<String> names) {
    this.graph = graph;
    this.names = names;
  }

  /** What was found. */
  record Result(List<FoundLayer> layers, List<LeftNode> left) {}

  static Result find(Graph graph, UnaryOperator<String> names) {
    LayerFinder finder = new LayerFinder(graph, names);
    List<FoundLayer> layers = finder.layers();
    return new Result(layers, List.copyOf(finder.left.values()));
  }

  private List<FoundLayer> layers() {
    Map<String, List<MappedNode>> byWeight = new LinkedHashMap<>();
    for (NodeProto node : graph.sorted()) {
      String reason = NodeReason.of(graph, node);
      if (reason == null) {
        MappedNode mapped = new MappedNode(graph, node.getName());
        byWeight.computeIfAbsent(key(mapped), k -> new ArrayList<>()).add(mapped);
      } else if (HEAVY.contains(node.getOpType()) && !reason.isEmpty()) {
        left.put(node.getName(), new LeftNode(names.apply(node.getName()), operator(node), reason));
      }
      inside(node, node);
    }
    Map<String, List<List<MappedNode>>> joined = new LinkedHashMap<>();
    byWeight
        .values()
        .forEach(calls -> joined.computeIfAbsent(join(calls), k -> new ArrayList<>()).add(calls));
    List<FoundLayer> layers = new ArrayList<>();
    for (List<List<MappedNode>> parts : joined.values()) {
      layers.add(layer(parts));
    }
    return layers;
  }

  /** Whether a layer has a bias of its own: an Add behind a MatMul may be of another shape. */
  private boolean isBiased(MappedNode mapped) {
    NodeProto bias = mapped.biasNode();
    if (bias == null || !Graph.is(mapped.node(), "MatMul")) {
      return bias != null;
    }
    TensorProto added = graph.held(bias.getInput(mapped.biasInput(bias))).orElseThrow();
    long channels = mapped.weight().getDims(mapped.isTransposed() ? 0 : 1);
    return added.getDataType() == TensorProto.DataType.FLOAT_VALUE
        && added.getDimsList().equals(List.of(channels));
  }

  /** What calls of one layer have in common: weight, bias and attributes. */
  private String key(MappedNode mapped) {
    NodeProto bias = isBiased(mapped) ? mapped.biasNode() : null;
    String constant = bias == null ? "" : bias.getInput(mapped.biasInput(bias));
    return mapped.weightKey() + "\n" + constant + "\n" + mapped.node().getAttributeList();
  }

  /** What layers have in common that are one: they read one value, in one way. */
  private String join(List<MappedNode> calls) {
    MappedNode first = calls.get(0);
    NodeProto node = first.node();
    boolean joins = calls.size() == 1 && JOINED.contains(node.getOpType());
    return joins
        ? node.getOpType()
            + "\n"
            + first.data()
            + "\n"
            + isBiased(first)
            + "\n"
            + node.getAttributeList()
        : "alone\n" + first.name();
  }

  private FoundLayer layer(List<List<MappedNode>> parts) {
    MappedNode first = parts.get(0).get(0);
    boolean biased = isBiased(first);
    List<Call> calls = new ArrayList<>();
    if (parts.size() > 1) {
      calls.add(Call.of(parts.stream().map(calling -> calling.get(0)).toList(), biased));
    } else {
      parts.get(0).forEach(node -> calls.add(Call.of(List.of(node), biased)));
    }
    Letters letters = Letters.of(first.node(), first.weight().getDimsCount());
    String known = names.apply(first.name());
    String path = paths.add(known) ? known : first.name();
    return new FoundLayer(path, first.node().getOpType(), letters, biased, calls);
  }

  /** Names what stands inside of a node's subgraphs. */
  private void inside(NodeProto outer, NodeProto holder) {
    for (GraphProto body : Graph.subgraphs(holder)) {
      for (NodeProto node : body.getNodeList()) {
        if (HEAVY.contains(node.getOpType()) && !node.getOpType().equals("Gather")) {
          String name = node.getName().isEmpty() ? node.getOutput(0) : node.getName();
          left.put(
              outer.getName() + "/" + name,
              new LeftNode(
                  names.apply(name),
                  operator(node),
                  "it stands inside of the "
                      + outer.getOpType()
                      + " node "
                      + names.apply(outer.getName())
                      + "; bind(…) the input that its condition is computed of"));
        }
        inside(outer, node);
      }
    }
  }

  private static String operator(NodeProto node) {
    return Graph.isStandard(node.getDomain())
        ? node.getOpType()
        : node.getDomain() + "." + node.getOpType();
  }
}
