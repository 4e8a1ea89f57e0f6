package dev.bitfold.onnx.model.cut;

import dev.bitfold.internal.graph.OnnxNode;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxFile;
import java.util.Collection;
import onnx.Onnx.GraphProto;
import onnx.Onnx.NodeProto;

/** Refuses files that are quantized already. */
public final class FloatOnly {
  private FloatOnly() {}

  /**
   * Checks a file's graph and the graphs inside of its nodes.
   *
   * @throws OnnxException that names the first node that computes with codes
   */
  public static void require(OnnxFile file) {
    Graph graph = new Graph(file);
    require(graph, graph.nodes());
  }

  private static void require(Graph graph, Collection<NodeProto> nodes) {
    for (NodeProto node : nodes) {
      if (OnnxNode.isOnCodes(node.getOpType())) {
        throw new OnnxException(
            graph.file(),
            "is quantized already: node "
                + node.getName()
                + " is "
                + node.getOpType()
                + "; take the float file that it was made from");
      }
      for (GraphProto body : Graph.subgraphs(node)) {
        require(graph, body.getNodeList());
      }
    }
  }
}
