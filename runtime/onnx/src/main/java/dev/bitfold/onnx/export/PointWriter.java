package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.ElementType;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;

/**
 * Writes QuantizeLinear and DequantizeLinear behind the nodes that yield a model's points. All
 * readers of a point then read the same pair.
 */
final class PointWriter {
  private static final String QUANTIZE = "QuantizeLinear";
  private static final String DEQUANTIZE = "DequantizeLinear";

  private final Graph graph;
  private final QdqNodes qdq;

  PointWriter(Graph graph, QdqNodes qdq) {
    this.graph = graph;
    this.qdq = qdq;
  }

  /**
   * Writes a point.
   *
   * @param scale of its value, and of the values that were moved
   */
  void write(OnnxMapping.Point point, ActivationScale scale) {
    quantize(point.value(), scale);
    for (String moved : point.moved()) {
      if (graph.producer(moved) != null) {
        quantize(moved, scale);
      }
    }
  }

  private void quantize(String value, ActivationScale scale) {
    qdq.activationInto(value, graph.divert(value, "/float"), scale);
    qdq.quantized(value, scale);
  }

  /**
   * Writes the constants of sums and products as codes where all else that the operator reads and
   * yields is quantized; only then ONNX Runtime computes it on integers. A constant of one value is
   * one code times its scale, exactly.
   *
   * @param type of the codes
   */
  void constants(ElementType type) {
    for (NodeProto node : graph.nodes()) {
      if ((Graph.is(node, "Add") || Graph.is(node, "Mul")) && isQuantized(node)) {
        for (int input = 0; input < node.getInputCount(); input++) {
          int at = input;
          single(node.getInput(input)).ifPresent(constant -> pair(node, at, constant, type));
        }
      }
    }
  }

  private boolean isQuantized(NodeProto node) {
    boolean reads =
        node.getInputList().stream()
            .map(graph::producer)
            .anyMatch(source -> source != null && Graph.is(source, DEQUANTIZE));
    NodeProto reader = onlyReader(node);
    while (reader != null && (Graph.is(reader, "Relu") || Graph.is(reader, "Clip"))) {
      reader = onlyReader(reader);
    }
    return reads && reader != null && Graph.is(reader, QUANTIZE);
  }

  private @Nullable NodeProto onlyReader(NodeProto node) {
    List<NodeProto> readers = graph.readers(node.getOutput(0));
    return readers.size() == 1 ? readers.get(0) : null;
  }

  private Optional<TensorProto> single(String value) {
    return graph
        .constant(value)
        .filter(tensor -> tensor.getDataType() == ElementType.FLOAT.number())
        .filter(tensor -> tensor.getDimsList().stream().allMatch(size -> size == 1));
  }

  private void pair(NodeProto node, int input, TensorProto constant, ElementType type) {
    float value = Tensors.floats(graph.file(), constant)[0];
    if (!Float.isFinite(value) || Math.abs(value) < Float.MIN_NORMAL) {
      return;
    }
    long[] shape = Tensors.shape(graph.file(), constant);
    String name = node.getName() + "/constant_" + input;
    // Of both signs, as codes may be unsigned: 1 - 0, or 0 - 1.
    byte code = (byte) (value > 0 ? 1 : 0);
    String codes = graph.add(Tensors.of(name + "_quantized", type, new byte[] {code}, shape));
    String scale = graph.add(Tensors.of(name + "_scale", new float[] {Math.abs(value)}));
    String zero = graph.add(Tensors.of(name + "_zero_point", type, new byte[] {(byte) (1 - code)}));
    String exact =
        graph.add(
            name + "/" + DEQUANTIZE,
            DEQUANTIZE,
            pair -> pair.addInput(codes).addInput(scale).addInput(zero));
    NodeProto now = Objects.requireNonNull(graph.node(node.getName()).orElse(null));
    graph.replace(now, now.toBuilder().setInput(input, exact).build());
  }
}
