package dev.bitfold.onnx.file;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;

/** Gives every node of a graph a unique name. */
final class NodeNames {
  private NodeNames() {}

  /**
   * Returns the graph with names. A node without a name, or with the name of other nodes, gets the
   * name of its first output, which no other node yields. All other nodes keep their names.
   */
  static GraphProto unique(GraphProto graph) {
    Map<String, Integer> counts = new HashMap<>();
    graph.getNodeList().forEach(node -> counts.merge(node.getName(), 1, Integer::sum));
    if (!counts.containsKey("") && counts.size() == graph.getNodeCount()) {
      return graph;
    }
    Set<String> taken = new HashSet<>(counts.keySet());
    GraphProto.Builder named = graph.toBuilder();
    for (NodeProto.Builder node : named.getNodeBuilderList()) {
      Integer count = counts.get(node.getName());
      if (node.getName().isEmpty() || (count != null && count > 1)) {
        String base = node.getOutputCount() == 0 ? node.getOpType() : node.getOutput(0);
        String name = base;
        for (int i = 1; !taken.add(name); i++) {
          name = base + "_" + i;
        }
        node.setName(name);
      }
    }
    return named.build();
  }
}
