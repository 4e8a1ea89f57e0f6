package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.file.Graph;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import onnx.Onnx.NodeProto;

/**
 * Finds the tensors whose quantization lets ONNX Runtime compute the operators beside them on 8-bit
 * integers: what an operator with such a kernel yields, behind its activation, and what it reads.
 */
final class PointFinder {
  private final Graph graph;
  private final UnaryOperator<String> names;
  private final Predicate<String> floats;

  /** The value in a layer's place, by the names of the nodes that compute it. */
  private final Map<String, String> layerOutputs = new HashMap<>();

  private final Set<String> layerNodes = new LinkedHashSet<>();
  private final Set<String> places = new LinkedHashSet<>();

  private PointFinder(
      Graph graph, UnaryOperator<String> names, List<FoundLayer> layers, Predicate<String> floats) {
    this.graph = graph;
    this.names = names;
    this.floats = floats;
    for (FoundLayer layer : layers) {
      layer.calls().forEach(call -> layerNodes.addAll(layer.covered(call)));
      layerOutputs.putAll(layer.outputs());
    }
  }

  /**
   * Returns the points of a graph, in its order.
   *
   * @param names the name that users know a node by
   * @param floats whether a value is a tensor of float32
   */
  static List<FoundPoint> find(
      Graph graph, UnaryOperator<String> names, List<FoundLayer> layers, Predicate<String> floats) {
    return new PointFinder(graph, names, layers, floats).points();
  }

  private List<FoundPoint> points() {
    List<NodeProto> sorted = graph.sorted();
    for (NodeProto node : sorted) {
      if (!Int8Operators.isInteger(node) || isInsideLayer(node)) {
        continue;
      }
      place(
          Int8Operators.behind(
              graph, layerOutputs.getOrDefault(node.getName(), node.getOutput(0))));
      if (!layerNodes.contains(node.getName())) {
        node.getInputList().forEach(input -> place(origin(input)));
      }
    }
    Map<String, FoundPoint> points = new LinkedHashMap<>();
    for (NodeProto node : sorted) {
      for (String value : node.getOutputList()) {
        if (places.contains(value)) {
          points.put(path(node, value, points.keySet()), point(node, value, points.keySet()));
        }
      }
    }
    return List.copyOf(points.values());
  }

  /** Whether a node is one that a layer covers besides its product, such as that of its bias. */
  private boolean isInsideLayer(NodeProto node) {
    return layerNodes.contains(node.getName()) && !layerOutputs.containsKey(node.getName());
  }

  private FoundPoint point(NodeProto node, String value, Set<String> taken) {
    return new FoundPoint(path(node, value, taken), value, node.getOpType(), moved(value));
  }

  private String path(NodeProto node, String value, Set<String> taken) {
    String known = names.apply(node.getName()) + "/point";
    return taken.contains(known) ? known + " " + value : known;
  }

  private void place(String value) {
    boolean computed = graph.producer(value) != null && graph.held(value).isEmpty();
    if (computed && !graph.isGraphOutput(value) && floats.test(value)) {
      places.add(value);
    }
  }

  /** Goes back over the nodes that only move a value. */
  private String origin(String value) {
    String first = value;
    for (NodeProto producer = graph.producer(first);
        producer != null && Int8Operators.isMover(producer) && !producer.getInput(0).isEmpty();
        producer = graph.producer(first)) {
      first = producer.getInput(0);
    }
    return first;
  }

  /** Returns the values that movers make of a value, on the way to operators on integers. */
  private List<String> moved(String value) {
    List<String> moved = new ArrayList<>();
    Deque<String> open = new ArrayDeque<>(List.of(value));
    while (!open.isEmpty()) {
      String from = open.remove();
      for (NodeProto reader : graph.readers(from)) {
        String to = reader.getOutput(0);
        if (Int8Operators.isMover(reader)
            && reader.getInput(0).equals(from)
            && !graph.isGraphOutput(to)
            && !moved.contains(to)) {
          moved.add(to);
          open.add(to);
        }
      }
    }
    return moved;
  }
}
