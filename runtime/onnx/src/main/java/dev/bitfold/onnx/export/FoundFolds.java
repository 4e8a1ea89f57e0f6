package dev.bitfold.onnx.export;

import dev.bitfold.Quantized;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxException;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.storage.Frozen;
import dev.bitfold.storage.StateFile;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import onnx.Onnx.NodeProto;

/**
 * Finds where smoothing can be folded: for each smoothed layer the nearest node that makes its
 * input, whose output channels nothing else reads. What is found passes every check that {@link
 * OnnxOptions#withFolded} asks for; a layer for which nothing is found keeps its multiplication.
 */
public final class FoundFolds {
  /** How many nodes may stand between a layer and the node that makes its input. */
  private static final int FAR = 16;

  private static final Set<String> SOURCES =
      Set.of("MatMul", "Gemm", "Conv", "ConvTranspose", "LayerNormalization", "BatchNormalization");

  private final Graph graph;
  private final StateFile stored;
  private final Map<String, String> originals;
  private final OnnxMapping mapping;
  private final Foldings foldings;
  private final Map<String, String> layers = new LinkedHashMap<>();

  private FoundFolds(OnnxWeights file, Quantized<?> quantized, OnnxMapping mapping) {
    this.graph = new Graph(file.file());
    Frozen frozen = Backed.contentsOf(quantized);
    this.stored = frozen.file();
    this.originals = frozen.floatHashes();
    this.mapping = mapping;
    this.foldings = new Foldings(graph);
    mapping.layers().forEach((path, nodes) -> nodes.forEach(node -> layers.put(node, path)));
  }

  /**
   * Returns the node that takes over the smoothing of each layer, by the layer's path.
   *
   * @param file the float file that will be exported
   * @param mapping the nodes of every quantized layer
   */
  public static Map<String, String> of(
      OnnxWeights file, Quantized<?> quantized, OnnxMapping mapping) {
    return new FoundFolds(file, quantized, mapping).find();
  }

  private Map<String, String> find() {
    Map<String, String> found = new LinkedHashMap<>();
    Set<String> taken = new HashSet<>();
    mapping
        .layers()
        .forEach(
            (path, nodes) -> {
              LayerState state = new LayerState(path, stored, originals);
              if (state.input().map(state::preQuantScale).isPresent()) {
                source(state, nodes)
                    .filter(taken::add)
                    .ifPresent(source -> found.put(path, source));
              }
            });
    return found;
  }

  private Optional<String> source(LayerState state, List<String> nodes) {
    int count = Foldings.factors(state).length;
    List<MappedNode> consumers = new ArrayList<>();
    nodes.forEach(node -> consumers.add(new MappedNode(graph, node)));
    if (isShared(consumers)) {
      return Optional.empty();
    }
    Deque<String> values = new ArrayDeque<>(List.of(consumers.get(0).data()));
    Set<String> seen = new HashSet<>(values);
    for (int step = 0; step < FAR && !values.isEmpty(); step++) {
      NodeProto producer = graph.producer(values.remove());
      if (producer == null) {
        continue;
      }
      if (SOURCES.contains(producer.getOpType()) && takes(producer, consumers, count)) {
        return Optional.of(producer.getName());
      }
      for (String input : producer.getInputList()) {
        if (!input.isEmpty() && seen.add(input)) {
          values.add(input);
        }
      }
    }
    return Optional.empty();
  }

  /** Whether other nodes read the weight as well, and so have their inputs smoothed alike. */
  private boolean isShared(List<MappedNode> consumers) {
    Set<String> keys = new HashSet<>();
    Set<String> own = new HashSet<>();
    consumers.forEach(
        node -> {
          keys.add(node.weightKey());
          own.add(node.name());
        });
    return graph.nodes().stream()
        .filter(MappedNode::isLayer)
        .filter(node -> !own.contains(node.getName()))
        .anyMatch(node -> keys.contains(new MappedNode(graph, node.getName()).weightKey()));
  }

  private boolean takes(NodeProto source, List<MappedNode> consumers, int count) {
    try {
      if (MappedNode.isKnown(source)) {
        MappedNode mapped = new MappedNode(graph, source.getName());
        mapped.weight();
        if (isShared(List.of(mapped)) || !isScalable(mapped, count)) {
          return false;
        }
      } else if (!isConstant(source, count)) {
        return false;
      }
      Set<String> scaled = foldings.check(source.getName(), consumers, count);
      // What is quantized on the way was calibrated without the factors.
      return mapping.points().values().stream().noneMatch(point -> scaled.contains(point.value()));
    } catch (OnnxException e) {
      return false;
    }
  }

  /** Whether a layer's outputs can be scaled: each of its channels has a scale, and its bias. */
  private boolean isScalable(MappedNode mapped, int count) {
    int axis = mapped.outputAxis();
    long channels = mapped.weight().getDims(mapped.isTransposed() ? 1 - axis : axis);
    String path = layers.get(mapped.name());
    if (path == null) {
      return channels == count && !mapped.isTransposed();
    }
    LayerState state = new LayerState(path, stored, originals);
    boolean biased = state.bias().isPresent() || mapped.biasNode() == null;
    return channels == count
        && biased
        && state.descriptor(state.weight()) != null
        && state.descriptor(state.output()) == null;
  }

  /** Whether a norm's scale and shift are constants with a value for each channel. */
  private boolean isConstant(NodeProto norm, int count) {
    if (!Graph.isStandard(norm.getDomain()) || norm.getInputCount() < 2) {
      return false;
    }
    for (int input = 1; input < Math.min(3, norm.getInputCount()); input++) {
      boolean fits =
          graph
              .held(norm.getInput(input))
              .filter(tensor -> tensor.getDimsList().equals(List.of((long) count)))
              .isPresent();
      if (!fits) {
        return false;
      }
    }
    return true;
  }
}
