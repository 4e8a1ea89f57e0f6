package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.Graph;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.NodeProto;

/**
 * Holds a layer and the nodes that compute it, for each of its calls. These are all nodes that read
 * its weight.
 *
 * @param state the quantized state of the layer
 * @param calls for each call, the nodes whose output channels together are those of the layer, in
 *     order
 */
record MappedLayer(LayerState state, List<List<MappedNode>> calls) {
  /** Copies the lists. */
  MappedLayer {
    calls = calls.stream().map(List::copyOf).toList();
  }

  String path() {
    return state.path();
  }

  List<MappedNode> nodes() {
    return calls.stream().flatMap(List::stream).toList();
  }

  /** Returns the nodes that hold the layer's weight, which are those of the first call. */
  List<MappedNode> parts() {
    return calls.get(0);
  }

  /**
   * Finds all calls of a layer.
   *
   * @param names the nodes that a mapping names
   * @param taken the nodes of other layers
   * @param twins the paths of float layers with the same weight, whose nodes are recognized by
   *     their names
   * @throws dev.bitfold.onnx.file.OnnxException if a node is missing or computes no layer, or if a
   *     call has only some of the parts
   */
  static MappedLayer of(
      Graph graph, LayerState state, List<String> names, Set<String> taken, List<String> twins) {
    List<MappedNode> named = names.stream().map(name -> new MappedNode(graph, name)).toList();
    named.forEach(MappedNode::node);
    Map<String, MappedNode> parts = new LinkedHashMap<>();
    for (MappedNode node : named) {
      node.weight();
      parts.putIfAbsent(node.weightKey(), node);
    }
    if (parts.size() < named.size() && isSplitAmong(state, named)) {
      return new MappedLayer(state, List.of(named));
    }
    List<MappedNode> first = List.copyOf(parts.values());
    Set<String> own = new LinkedHashSet<>();
    first.forEach(node -> own.add(node.name()));
    // Other readers of the same weight compute the same layer. They are grouped by input, which the
    // parts of a call share.
    Map<String, Map<String, MappedNode>> others = new LinkedHashMap<>();
    for (NodeProto node : graph.sorted()) {
      if (MappedNode.isLayer(node)
          && !own.contains(node.getName())
          && (names.contains(node.getName()) || !taken.contains(node.getName()))) {
        MappedNode other = new MappedNode(graph, node.getName());
        if (isConstant(graph, other)
            && parts.containsKey(other.weightKey())
            && !isTwins(state, other, twins)) {
          String call = first.size() == 1 ? other.name() : other.data();
          others.computeIfAbsent(call, k -> new LinkedHashMap<>()).put(other.weightKey(), other);
        }
      }
    }
    List<List<MappedNode>> calls = new ArrayList<>(List.of(first));
    others.forEach(
        (data, byWeight) -> {
          if (byWeight.size() < first.size()) {
            throw graph.bad(
                "computes only "
                    + byWeight.size()
                    + " of "
                    + first.size()
                    + " parts of layer "
                    + state.path()
                    + " of "
                    + data);
          }
          calls.add(parts.keySet().stream().map(byWeight::get).toList());
        });
    return new MappedLayer(state, calls);
  }

  private static boolean isTwins(LayerState state, MappedNode node, List<String> twins) {
    if (twins.isEmpty() || NodeWords.of(node.name()).end(state.path())) {
      return false;
    }
    if (twins.stream().anyMatch(NodeWords.of(node.name())::end)) {
      return true;
    }
    throw node.bad(
        "reads the weight of layer "
            + state.path()
            + ", which is quantized, and of "
            + twins
            + ", which is not; its name does not tell which of them it computes: save the model"
            + " with a weight for each");
  }

  private static boolean isConstant(Graph graph, MappedNode node) {
    return graph.held(node.node().getInput(node.weightInput())).isPresent() || node.isTransposed();
  }

  /**
   * Returns whether nodes that read equal weights are parts of one layer, judged by their numbers
   * of channels.
   */
  private static boolean isSplitAmong(LayerState state, List<MappedNode> nodes) {
    String weight = state.weight();
    long expected = state.entry(weight).shape().stream().reduce(1L, Math::multiplyExact);
    long all = 0;
    for (MappedNode node : nodes) {
      all += node.weight().getDimsList().stream().reduce(1L, Math::multiplyExact);
    }
    return expected == all;
  }
}
