package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Folds smoothing into the node that makes the smoothed input, after checking that nothing else
 * reads that input and that the nodes in between keep the channels.
 */
final class Foldings {
  private static final Set<String> FREE = Set.of("Shape", "Size");
  private static final Set<String> NORMS = Set.of("LayerNormalization", "BatchNormalization");

  private final Graph graph;

  Foldings(Graph graph) {
    this.graph = graph;
  }

  /** Returns the factors of a layer's smoothing. */
  static float[] factors(LayerState layer) {
    INDArray preQuantScale = layer.input().map(layer::preQuantScale).orElse(null);
    if (preQuantScale == null) {
      throw new IllegalArgumentException("layer " + layer.path() + " is not smoothed");
    }
    return DenseFloats.of(preQuantScale, layer.path()).copy();
  }

  /**
   * Checks that scaling the channels of a node's output scales those that the consumers read, and
   * nothing else.
   *
   * @param count the number of factors
   * @return the values in between, which then contain the factors
   */
  Set<String> check(String producer, List<MappedNode> consumers, int count) {
    Map<String, MappedNode> ends = new HashMap<>();
    consumers.forEach(consumer -> ends.put(consumer.name(), consumer));
    NodeProto start = graph.node(producer).orElseThrow(() -> graph.bad("has no node " + producer));
    boolean known = MappedNode.isKnown(start);
    NodeProto bias = known ? new MappedNode(graph, producer).biasNode() : null;
    Map<String, Channels> seen = new LinkedHashMap<>();
    Deque<String> values = new ArrayDeque<>(List.of(start.getOutput(0)));
    seen.put(start.getOutput(0), made(start, consumers, count));
    Set<String> reached = new HashSet<>();
    while (!values.isEmpty()) {
      String value = values.remove();
      Channels channels = java.util.Objects.requireNonNull(seen.get(value));
      if (graph.isGraphOutput(value)) {
        throw graph.bad("yields " + value + " as an output; nothing is folded into " + producer);
      }
      for (NodeProto reader : graph.readers(value)) {
        MappedNode end = ends.get(reader.getName());
        if (end != null && reader.getInput(0).equals(value)) {
          requireRead(producer, end, channels);
          reached.add(end.name());
        } else if (!FREE.contains(reader.getOpType())) {
          Channels behind = behind(producer, reader, value, channels, bias);
          if (seen.putIfAbsent(reader.getOutput(0), behind) == null) {
            values.add(reader.getOutput(0));
          }
        }
      }
    }
    ends.keySet().removeAll(reached);
    if (!ends.isEmpty()) {
      throw graph.bad(
          "has no way from " + producer + " to " + ends.keySet() + "; nothing is folded");
    }
    return seen.keySet();
  }

  private Channels made(NodeProto start, List<MappedNode> consumers, int count) {
    if (Graph.is(start, "Conv") || Graph.is(start, "ConvTranspose")) {
      return Channels.second(count, new MappedNode(graph, start.getName()).weight().getDimsCount());
    }
    if (!Graph.is(start, "BatchNormalization")) {
      return Channels.last(count);
    }
    MappedNode consumer = consumers.get(0);
    if (Graph.is(consumer.node(), "MatMul")) {
      throw graph.bad(
          "folds into node "
              + start.getName()
              + " (BatchNormalization) from a MatMul, which does not tell how many axes it has:"
              + " leave out withFolded, and smoothing is a multiplication");
    }
    return Channels.second(count, 2 + consumer.axesBehind());
  }

  private void requireRead(String producer, MappedNode end, Channels channels) {
    if (!channels.areRead(end.axesBehind())) {
      throw end.bad(
          "reads the channels that "
              + producer
              + " makes in another order, or along another axis; smoothing cannot be folded into "
              + producer
              + ": leave out withFolded, and it is a multiplication");
    }
  }

  private Channels behind(
      String producer,
      NodeProto reader,
      String value,
      Channels channels,
      @Nullable NodeProto bias) {
    if (bias != null && reader.getName().equals(bias.getName())) {
      return channels;
    }
    return channels
        .behind(graph, reader, value)
        .orElseThrow(
            () ->
                graph.bad(
                    "node "
                        + reader.getName()
                        + " ("
                        + reader.getOpType()
                        + ") reads what "
                        + producer
                        + " makes as well, and is not known to keep its channels; folding smoothing"
                        + " into that would change the network: leave out withFolded, and it is a"
                        + " multiplication"));
  }

  /** Scales the output of a node that does not compute a layer of the quantized model. */
  void into(String producer, float[] factors) {
    NodeProto node = graph.node(producer).orElseThrow();
    if (NORMS.contains(node.getOpType()) && Graph.isStandard(node.getDomain())) {
      for (int input = 1; input < Math.min(3, node.getInputCount()); input++) {
        scale(graph.node(producer).orElseThrow(), input, 0, 1, factors);
      }
      return;
    }
    MappedNode mapped = new MappedNode(graph, producer);
    if (!MappedNode.isKnown(node) || mapped.isGather() || mapped.isTransposed()) {
      throw mapped.bad(
          "is of type "
              + node.getOpType()
              + "; scales can be folded only into MatMul, Gemm, Conv, ConvTranspose,"
              + " LayerNormalization and BatchNormalization");
    }
    NodeProto bias = mapped.biasNode();
    scale(node, 1, mapped.outputAxis(), mapped.weight().getDimsCount(), factors);
    if (bias != null) {
      NodeProto now = java.util.Objects.requireNonNull(mapped.biasNode());
      int input = mapped.biasInput(now);
      int axes = graph.held(now.getInput(input)).orElseThrow().getDimsCount();
      scale(now, input, axes - 1, axes, factors);
    }
  }

  private void scale(NodeProto node, int input, int axis, int rank, float[] factors) {
    TensorProto tensor =
        graph
            .held(node.getInput(input))
            .orElseThrow(
                () -> graph.bad("node " + node.getName() + " does not read a constant there"));
    long[] shape = Tensors.shape(graph.file(), tensor);
    float[] values = Tensors.floats(graph.file(), tensor);
    if (axis < 0 || shape.length != rank || shape[axis] != factors.length) {
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

  /** Records the factors that a producer takes over, by the producer's name. */
  static void put(Map<String, float[]> all, String producer, float[] factors) {
    if (all.putIfAbsent(producer, factors) != null) {
      throw new IllegalArgumentException("two layers are folded into node " + producer);
    }
  }
}
