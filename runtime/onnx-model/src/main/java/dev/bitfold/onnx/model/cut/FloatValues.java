package dev.bitfold.onnx.model.cut;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.session.Session;
import dev.bitfold.onnx.session.ValueType;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;
import onnx.Onnx.GraphProto;
import onnx.Onnx.ModelProto;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;

/** Which values of a graph are tensors of float32, as ONNX Runtime infers. */
final class FloatValues {
  private final Set<String> floats = new HashSet<>();

  FloatValues(Sessions sessions, ModelProto model) {
    GraphProto graph = model.getGraph();
    Set<String> shown = new LinkedHashSet<>();
    graph.getOutputList().forEach(output -> shown.add(output.getName()));
    GraphProto.Builder all = graph.toBuilder();
    for (NodeProto node : graph.getNodeList()) {
      if (Graph.isStandard(node.getDomain())) {
        for (String value : node.getOutputList()) {
          if (!value.isEmpty() && shown.add(value)) {
            all.addOutput(Values.untyped(value));
          }
        }
      }
    }
    Session session = sessions.open(model.toBuilder().setGraph(all).build(), "all values", false);
    for (ValueType output : session.outputs()) {
      if (output.elementType() == TensorProto.DataType.FLOAT_VALUE) {
        floats.add(output.name());
      }
    }
  }

  boolean contain(String value) {
    return floats.contains(value);
  }
}
