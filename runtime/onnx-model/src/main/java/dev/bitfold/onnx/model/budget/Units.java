package dev.bitfold.onnx.model.budget;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.model.cut.CutGraph;
import dev.bitfold.onnx.model.cut.CutLayer;
import dev.bitfold.onnx.model.cut.CutPoint;
import dev.bitfold.onnx.model.cut.FoundPoint;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.NodeProto;

/**
 * Puts the points of a graph together that follow from one value, such as those of a HardSwish that
 * is written as four operators: what one of them clips, the next would, so their errors are not a
 * sum.
 */
final class Units {
  private static final int SAVED = 3;

  private final Graph graph;
  private final Map<String, String> chains = new HashMap<>();
  private final Set<String> layerNodes = new HashSet<>();

  private Units(Graph graph, CutGraph cut) {
    this.graph = graph;
    cut.layers().values().forEach(layer -> layerNodes.addAll(layer.found().nodeNames()));
    for (NodeProto node : graph.sorted()) {
      String from = source(node);
      node.getOutputList().forEach(output -> chains.put(output, from.isEmpty() ? output : from));
    }
  }

  /** Returns layers, and points in chains. */
  static List<Unit> of(Graph graph, CutGraph cut) {
    Units units = new Units(graph, cut);
    List<Unit> all = new ArrayList<>();
    for (CutLayer layer : cut.layers().values()) {
      String path = layer.found().path();
      long bytes = SAVED * layer.weight().length();
      all.add(new Unit(path, List.of(path), layer.found().nodeNames(), List.of(), bytes));
    }
    Map<String, List<FoundPoint>> points = new LinkedHashMap<>();
    for (CutPoint point : cut.points().values()) {
      String chain = units.chains.getOrDefault(point.found().value(), point.found().value());
      points.computeIfAbsent(chain, key -> new ArrayList<>()).add(point.found());
    }
    points.values().forEach(chain -> all.add(unit(chain)));
    return all;
  }

  private static Unit unit(List<FoundPoint> chain) {
    List<String> values = new ArrayList<>();
    for (FoundPoint point : chain) {
      values.add(point.value());
      values.addAll(point.moved());
    }
    List<String> paths = chain.stream().map(FoundPoint::path).toList();
    return new Unit(paths.get(0), paths, List.of(), values, 0);
  }

  /** The value that all a node computes follows from; empty if there is no such. */
  private String source(NodeProto node) {
    if (layerNodes.contains(node.getName()) || node.getOpType().equals("GlobalAveragePool")) {
      return "";
    }
    Set<String> sources = new HashSet<>();
    for (String input : node.getInputList()) {
      if (!input.isEmpty() && graph.held(input).isEmpty()) {
        sources.add(chains.getOrDefault(input, input));
      }
    }
    return sources.size() == 1 ? sources.iterator().next() : "";
  }
}
