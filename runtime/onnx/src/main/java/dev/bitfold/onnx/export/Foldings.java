package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Smoothing that is folded into the node that makes the smoothed input, which is checked: nothing
 * else may read it, and what lies between must keep the channels.
 */
final class Foldings {
  private static final Set<String> KEEPING =
      Set.of("Reshape", "Transpose", "Identity", "Dropout", "Squeeze", "Unsqueeze", "Flatten");
  private static final Set<String> FREE = Set.of("Shape", "Size");
  private static final Set<String> NORMS = Set.of("LayerNormalization", "BatchNormalization");

  private final Graph graph;

  Foldings(Graph graph) {
    this.graph = graph;
  }

  /** The factors of a layer's smoothing. */
  static float[] factors(LayerState layer) {
    INDArray preScale = layer.input().map(layer::preScale).orElse(null);
    if (preScale == null) {
      throw new IllegalArgumentException("layer " + layer.path() + " is not smoothed");
    }
    return DenseFloats.of(preScale, layer.path()).copy();
  }

  /**
   * Checks that scaling the channels that a node makes scales those that the consumers read, and
   * nothing else.
   */
  void check(String producer, List<MappedNode> consumers) {
    Set<String> ends = new HashSet<>();
    consumers.forEach(consumer -> ends.add(consumer.name()));
    NodeProto start = graph.node(producer).orElseThrow(() -> graph.bad("has no node " + producer));
    Set<NodeProto> seen = new HashSet<>();
    Deque<String> values = new ArrayDeque<>(List.of(start.getOutput(0)));
    NodeProto bias =
        MappedNode.isKnown(start.getOpType()) ? new MappedNode(graph, producer).biasNode() : null;
    boolean reached = false;
    while (!values.isEmpty()) {
      String value = values.remove();
      if (graph.isGraphOutput(value)) {
        throw graph.bad("yields " + value + " as an output; nothing is folded into " + producer);
      }
      for (NodeProto reader : graph.readers(value)) {
        boolean end = ends.contains(reader.getName()) && reader.getInput(0).equals(value);
        reached |= end;
        if (!end && !FREE.contains(reader.getOpType()) && seen.add(reader)) {
          require(producer, reader, value, bias);
          values.add(reader.getOutput(0));
        }
      }
    }
    if (!reached) {
      throw graph.bad("has no way from " + producer + " to " + ends + "; nothing is folded");
    }
  }

  private void require(String producer, NodeProto reader, String value, @Nullable NodeProto bias) {
    boolean mixes =
        reader.getOpType().equals("MatMul")
            && reader.getInputCount() == 2
            && reader.getInput(1).equals(value)
            && !reader.getInput(0).equals(value);
    boolean data = reader.getInputCount() > 0 && reader.getInput(0).equals(value);
    if (!mixes && !reader.equals(bias) && !(KEEPING.contains(reader.getOpType()) && data)) {
      throw graph.bad(
          "node "
              + reader.getName()
              + " ("
              + reader.getOpType()
              + ") reads what "
              + producer
              + " makes as well; folding smoothing into that would change the network");
    }
  }

  /** Scales what a node that is no layer of the quantized model makes. */
  void into(String producer, float[] factors) {
    NodeProto node = graph.node(producer).orElseThrow();
    if (NORMS.contains(node.getOpType()) && node.getInputCount() > 2) {
      scale(node, 1, 0, factors);
      scale(graph.node(producer).orElseThrow(), 2, 0, factors);
      return;
    }
    MappedNode mapped = new MappedNode(graph, producer);
    if (!MappedNode.isKnown(node.getOpType()) || mapped.isGather() || mapped.isTransposed()) {
      throw mapped.bad(
          "is of type "
              + node.getOpType()
              + "; folded is into MatMul, Gemm, Conv, LayerNormalization and BatchNormalization");
    }
    NodeProto bias = mapped.biasNode();
    boolean first =
        mapped.isConv()
            || node.getAttributeList().stream()
                .anyMatch(a -> a.getName().equals("transB") && a.getI() != 0);
    scale(node, 1, first ? 0 : 1, factors);
    if (bias != null) {
      NodeProto now = java.util.Objects.requireNonNull(mapped.biasNode());
      scale(now, mapped.biasInput(now), 0, factors);
    }
  }

  private void scale(NodeProto node, int input, int axis, float[] factors) {
    TensorProto tensor =
        graph
            .constant(node.getInput(input))
            .orElseThrow(
                () -> graph.bad("node " + node.getName() + " does not read a constant there"));
    long[] shape = Tensors.shape(graph.file(), tensor);
    float[] values = Tensors.floats(graph.file(), tensor);
    if (axis >= shape.length || shape[axis] != factors.length) {
      throw graph.bad(
          factors.length
              + " factors cannot be folded into node "
              + node.getName()
              + ", whose constant is "
              + tensor.getDimsList());
    }
    int inner = 1;
    for (int a = axis + 1; a < shape.length; a++) {
      inner = Math.toIntExact(inner * shape[a]);
    }
    for (int i = 0; i < values.length; i++) {
      values[i] *= factors[i / inner % factors.length];
    }
    String name = graph.add(Tensors.of(node.getName() + "/folded_" + input, values, shape));
    graph.replace(node, node.toBuilder().setInput(input, name).build());
  }

  /** The factors that each producer takes, by its name. */
  static void put(Map<String, float[]> all, String producer, float[] factors) {
    if (all.putIfAbsent(producer, factors) != null) {
      throw new IllegalArgumentException("two layers are folded into node " + producer);
    }
  }
}
