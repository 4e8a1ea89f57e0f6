package dev.bitfold.onnx.model.prepare;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.OpsetRaise;
import java.util.List;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;

/** Raises old files to the first opset in which each channel of a weight may have its scale. */
final class RaisedOpset {
  private static final long OPSET = 13;

  private RaisedOpset() {}

  static OnnxFile of(OnnxFile file, Changes changes) {
    long from = OpsetRaise.of(file.name(), file.model());
    if (from >= OPSET) {
      return file;
    }
    changes.note("opset raised", List.of(from + " to " + OPSET));
    ModelProto raised = new OpsetRaise(file.name(), from, OPSET).apply(file.model());
    return new OnnxFile(
        file.name(), raised.toBuilder().setGraph(withoutConstants(raised.getGraph())).build());
  }

  /** What raising wrote as Constant nodes becomes initializers. */
  private static GraphProto withoutConstants(GraphProto graph) {
    GraphProto.Builder lifted = graph.toBuilder().clearNode();
    for (NodeProto node : graph.getNodeList()) {
      boolean constant =
          Graph.is(node, "Constant")
              && node.getAttributeCount() == 1
              && node.getAttribute(0).getName().equals("value");
      if (constant) {
        lifted.addInitializer(node.getAttribute(0).getT().toBuilder().setName(node.getOutput(0)));
      } else {
        lifted.addNode(node);
      }
    }
    return lifted.build();
  }
}
