package dev.bitfold.internal.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Describes the graph of a file, or one inside of a node.
 *
 * @param nodes the nodes, in the file's order
 * @param constants the initializers by name
 * @param inputs the inputs, without those that are initializers as well
 */
public record OnnxGraph(
    List<OnnxNode> nodes, Map<String, OnnxTensor> constants, List<OnnxInput> inputs) {
  /** Copies lists and map. */
  public OnnxGraph {
    nodes = List.copyOf(nodes);
    constants = Collections.unmodifiableMap(new LinkedHashMap<>(constants));
    inputs = List.copyOf(inputs);
  }

  /**
   * Returns the graph in which every node has a name of its own, as the runtime names them: a node
   * without a name, or with that of others, gets the name of its first output.
   */
  OnnxGraph named() {
    Map<String, Integer> counts = new HashMap<>();
    nodes.forEach(node -> counts.merge(node.name(), 1, Integer::sum));
    Set<String> taken = new HashSet<>(counts.keySet());
    List<OnnxNode> named = new ArrayList<>();
    for (OnnxNode node : nodes) {
      boolean own = !node.name().isEmpty() && counts.getOrDefault(node.name(), 1) == 1;
      named.add(own ? node : node.named(unused(node, taken)));
    }
    return new OnnxGraph(named, constants, inputs);
  }

  private static String unused(OnnxNode node, Set<String> taken) {
    String base = node.outputs().isEmpty() ? node.operator() : node.outputs().get(0);
    String name = base;
    for (int i = 1; !taken.add(name); i++) {
      name = base + "_" + i;
    }
    return name;
  }
}
