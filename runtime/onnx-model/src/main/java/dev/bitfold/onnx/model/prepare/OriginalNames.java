package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.OnnxFile;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.AttributeProto;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;

/**
 * Takes the names of nodes through ONNX Runtime's optimizer. It names the nodes of a branch that it
 * inlines anew, but keeps their documentation: names travel there. For one thread.
 */
final class OriginalNames {
  private static final String MARK = "bitfold node: ";

  private final Map<String, String> nodes = new HashMap<>();
  private final Map<String, String> byOutput = new HashMap<>();

  OriginalNames(OnnxFile original) {
    for (NodeProto node : original.model().getGraph().getNodeList()) {
      nodes.put(node.getName(), node.getName());
      node.getOutputList().forEach(output -> byOutput.put(output, node.getName()));
    }
  }

  /** Whether the original has a node of a name, outside of subgraphs. */
  boolean has(String node) {
    return node.equals(nodes.get(node));
  }

  /** The original's name of each node: that of the node itself, else of what yields its value. */
  Map<String, String> of(OnnxFile prepared) {
    Map<String, String> found = new HashMap<>();
    for (NodeProto node : prepared.model().getGraph().getNodeList()) {
      String byValue =
          node.getOutputCount() == 0
              ? node.getName()
              : byOutput.getOrDefault(node.getOutput(0), node.getName());
      found.put(node.getName(), nodes.getOrDefault(node.getName(), byValue));
    }
    return found;
  }

  /** The model with each node's name in its documentation. */
  ModelProto marked(ModelProto model) {
    return model.toBuilder().setGraph(marked(model.getGraph())).build();
  }

  private static GraphProto marked(GraphProto graph) {
    GraphProto.Builder marked = graph.toBuilder();
    for (NodeProto.Builder node : marked.getNodeBuilderList()) {
      String output = node.getOutputCount() == 0 ? node.getOpType() : node.getOutput(0);
      node.setDocString(MARK + (node.getName().isEmpty() ? output : node.getName()));
      for (AttributeProto.Builder attribute : node.getAttributeBuilderList()) {
        if (attribute.hasG()) {
          attribute.setG(marked(attribute.getG()));
        }
        for (int i = 0; i < attribute.getGraphsCount(); i++) {
          attribute.setGraphs(i, marked(attribute.getGraphs(i)));
        }
      }
    }
    return marked.build();
  }

  /** The optimized model without marks; nodes that came out of a branch have their names again. */
  ModelProto unmarked(ModelProto model) {
    GraphProto.Builder graph = unmarked(model.getGraph()).toBuilder();
    Set<String> taken = new HashSet<>();
    graph.getNodeList().forEach(node -> taken.add(node.getName()));
    for (int i = 0; i < graph.getNodeCount(); i++) {
      String mark = model.getGraph().getNode(i).getDocString();
      NodeProto node = graph.getNode(i);
      if (mark.startsWith(MARK) && !mark.endsWith(MARK + node.getName())) {
        String base = mark.substring(MARK.length());
        String name = base;
        for (int n = 1; !taken.add(name); n++) {
          name = base + "_" + n;
        }
        nodes.put(name, nodes.getOrDefault(base, base));
        graph.setNode(i, node.toBuilder().setName(name));
      }
    }
    return model.toBuilder().setGraph(graph).build();
  }

  private static GraphProto unmarked(GraphProto graph) {
    GraphProto.Builder unmarked = graph.toBuilder();
    for (NodeProto.Builder node : unmarked.getNodeBuilderList()) {
      node.clearDocString();
      for (AttributeProto.Builder attribute : node.getAttributeBuilderList()) {
        if (attribute.hasG()) {
          attribute.setG(unmarked(attribute.getG()));
        }
        for (int i = 0; i < attribute.getGraphsCount(); i++) {
          attribute.setGraphs(i, unmarked(attribute.getGraphs(i)));
        }
      }
    }
    return unmarked.build();
  }
}
