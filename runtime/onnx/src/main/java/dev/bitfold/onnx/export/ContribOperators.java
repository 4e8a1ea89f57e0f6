package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;

/**
 * Writes ONNX Runtime's own operators instead of QDQ around MatMul. MatMulIntegerToFloat takes both
 * scales and the bias at once.
 */
final class ContribOperators {
  static final String DOMAIN = "com.microsoft";

  private final Graph graph;

  ContribOperators(Graph graph) {
    this.graph = graph;
  }

  void write() {
    for (NodeProto node : graph.nodes()) {
      if (Graph.is(node, "MatMul")) {
        matMul(node);
      }
    }
  }

  private @Nullable NodeProto dequantized(String value) {
    NodeProto node = graph.producer(value);
    return node != null && Graph.is(node, "DequantizeLinear") ? node : null;
  }

  private void matMul(NodeProto node) {
    NodeProto a = dequantized(node.getInput(0));
    NodeProto b = dequantized(node.getInput(1));
    if (a == null || b == null || !isByte(a.getInput(2)) || !isByte(b.getInput(2))) {
      return;
    }
    MappedNode mapped = new MappedNode(graph, node.getName());
    NodeProto add = mapped.biasNode();
    NodeProto.Builder fused =
        NodeProto.newBuilder()
            .setName(node.getName())
            .setOpType("MatMulIntegerToFloat")
            .setDomain(DOMAIN)
            .addInput(a.getInput(0))
            .addInput(b.getInput(0))
            .addInput(a.getInput(1))
            .addInput(b.getInput(1))
            .addInput(a.getInput(2))
            .addInput(b.getInput(2));
    if (add == null) {
      graph.replace(node, fused.addOutput(node.getOutput(0)).build());
    } else {
      String bias = vector(add.getInput(mapped.biasInput(add)));
      graph.remove(add);
      graph.replace(node, fused.addInput(bias).addOutput(add.getOutput(0)).build());
    }
  }

  /** Returns the bias with one axis, as the operator needs it. */
  private String vector(String bias) {
    TensorProto tensor = graph.held(bias).orElseThrow();
    if (tensor.getDimsCount() == 1) {
      return bias;
    }
    float[] values = Tensors.floats(graph.file(), tensor);
    return graph.add(Tensors.of(bias + "/vector", values, values.length));
  }

  private boolean isByte(String zeroPoint) {
    Optional<TensorProto> tensor = graph.constant(zeroPoint);
    Set<Integer> bytes = Set.of(ElementType.INT8.number(), ElementType.UINT8.number());
    return tensor.filter(t -> bytes.contains(t.getDataType())).isPresent();
  }
}
