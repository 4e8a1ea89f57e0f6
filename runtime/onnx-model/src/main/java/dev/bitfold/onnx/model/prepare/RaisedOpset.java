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

  /** The first that ONNX Runtime runs. */
  private static final long OLDEST = 7;

  private RaisedOpset() {}

  /**
   * The file as ONNX Runtime runs it: raised to opset 7, before which it has no operators.
   *
   * @throws dev.bitfold.onnx.file.OnnxException if an operator cannot be raised
   */
  static OnnxFile readable(OnnxFile file) {
    long from = OpsetRaise.of(file.name(), file.model());
    return from >= OLDEST
        ? file
        : new OnnxFile(file.name(), new OpsetRaise(file.name(), from, OLDEST).apply(file.model()));
  }

  static OnnxFile of(OnnxFile file, Changes changes) {
    long from = OpsetRaise.of(file.name(), file.model());
    if (from >= OPSET) {
      return file;
    }
    long was = OpsetRaise.of(file.name(), changes.original().model());
    changes.note("opset raised", List.of(was + " to " + OPSET));
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
