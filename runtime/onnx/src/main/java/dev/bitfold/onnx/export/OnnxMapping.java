package dev.bitfold.onnx.export;

import dev.bitfold.Quantized;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.storage.Schema;
import dev.bitfold.storage.StateFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import onnx.Onnx.NodeProto;

/**
 * Maps the layers of a model to the nodes of an ONNX file that compute them. Immutable.
 *
 * @param layers the names of a layer's MatMul, Gemm, Conv, ConvTranspose or Gather nodes, by the
 *     layer's path. Several nodes of one layer read the same input, and their outputs are adjacent
 *     parts of the layer's output
 * @param tensors the places where weights or biases are read, by path, for layers that are not
 *     quantized and whose tensors were changed by folding or training
 * @param points the values between nodes that the model quantizes, by the path of the input that
 *     does so
 */
public record OnnxMapping(
    Map<String, List<String>> layers, Map<String, Place> tensors, Map<String, Point> points) {
  /**
   * Describes where a tensor is read.
   *
   * @param initializer the name of the tensor in the file
   * @param nodes the nodes that read it there; if empty, all of its readers, or among several
   *     readers, the one with the name of the layer
   */
  public record Place(String initializer, List<String> nodes) {
    /** Copies the nodes. */
    public Place {
      nodes = List.copyOf(nodes);
    }
  }

  /**
   * Describes a value that is quantized once, before all nodes that read it.
   *
   * @param value the output of a node
   * @param moved values that hold the same numbers in another order or number, such as those of a
   *     Reshape, and so have the same scale
   */
  public record Point(String value, List<String> moved) {
    /** Copies the values. */
    public Point {
      moved = List.copyOf(moved);
    }
  }

  private static final int SHOWN = 8;

  /** Copies the maps, keeping their order. */
  public OnnxMapping {
    Map<String, List<String>> copy = new LinkedHashMap<>();
    layers.forEach((path, nodes) -> copy.put(path, List.copyOf(nodes)));
    layers = Collections.unmodifiableMap(copy);
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    points = Collections.unmodifiableMap(new LinkedHashMap<>(points));
  }

  /** Makes a mapping without points. */
  public OnnxMapping(Map<String, List<String>> layers, Map<String, Place> tensors) {
    this(layers, tensors, Map.of());
  }

  /** Returns a mapping without entries. */
  public static OnnxMapping empty() {
    return new OnnxMapping(Map.of(), Map.of());
  }

  /**
   * Returns this mapping with a layer added.
   *
   * @throws IllegalArgumentException if no node is named
   */
  public OnnxMapping layer(String path, String... nodes) {
    if (nodes.length == 0 || Arrays.asList(nodes).contains(null)) {
      throw new IllegalArgumentException(
          "layer " + path + " is mapped to " + (nodes.length == 0 ? "no node" : "a null"));
    }
    Map<String, List<String>> more = new LinkedHashMap<>(layers);
    more.put(path, List.of(nodes));
    return new OnnxMapping(more, tensors, points);
  }

  /**
   * Returns this mapping with a weight or bias added, for a layer that is not quantized.
   *
   * @param nodes the nodes that read it; needed if nodes of other layers read the same initializer,
   *     because exporters write equal tensors once
   */
  public OnnxMapping tensor(String path, String initializer, String... nodes) {
    Map<String, Place> more = new LinkedHashMap<>(tensors);
    more.put(path, new Place(initializer, List.of(nodes)));
    return new OnnxMapping(layers, more, points);
  }

  /**
   * Returns this mapping with a value between nodes added.
   *
   * @param path of the quantized input, such as {@code block/point.x}
   * @param value the output of a node of the float file
   * @param moved as in {@link Point}
   */
  public OnnxMapping point(String path, String value, String... moved) {
    Map<String, Point> more = new LinkedHashMap<>(points);
    more.put(path, new Point(value, List.of(moved)));
    return new OnnxMapping(layers, tensors, more);
  }

  /**
   * Returns a mapping of every quantized layer by a rule.
   *
   * @param nodes returns the names of a layer's nodes by its path; empty if the layer has none
   */
  public static OnnxMapping of(
      Quantized<?> quantized, Function<String, ? extends Collection<String>> nodes) {
    OnnxMapping mapping = empty();
    for (String layer : quantizedLayers(quantized)) {
      Collection<String> names = nodes.apply(layer);
      if (!names.isEmpty()) {
        mapping = mapping.layer(layer, names.toArray(String[]::new));
      }
    }
    return mapping;
  }

  /**
   * Returns the mapping by the usual names. Exporters name a node after its module. Layer {@code
   * encoder.0.fc1} is therefore mapped to the only MatMul, Gemm, Conv or Gather node whose name
   * consists of the same words, such as {@code /encoder/0/fc1/MatMul} or {@code
   * /model/encoder.0/fc1/Gemm}, or to several such nodes that read the same weight. A layer is left
   * out if no node or several nodes match. Map such a layer by hand; otherwise {@link
   * OnnxQdq#export} lists it.
   *
   * @throws dev.bitfold.onnx.file.OnnxException if no layer matches; the message lists the names of
   *     the nodes
   */
  public static OnnxMapping byName(OnnxWeights file, Quantized<?> quantized) {
    Graph graph = new Graph(file.file());
    OnnxMapping mapping = of(quantized, layer -> nodes(graph, layer));
    List<String> layers = quantizedLayers(quantized);
    if (mapping.layers().isEmpty() && !layers.isEmpty()) {
      List<String> names =
          graph.sorted().stream().filter(MappedNode::isKnown).map(NodeProto::getName).toList();
      throw file.bad(
          "has no node whose name tells that it computes one of the layers "
              + first(layers)
              + ". Its MatMul, Gemm, Conv and Gather nodes are "
              + (names.isEmpty() ? "none, outside of subgraphs" : first(names))
              + "; name them yourself: OnnxMapping.empty().layer(\""
              + layers.get(0)
              + "\", \""
              + (names.isEmpty() ? "…" : names.get(0))
              + "\")");
    }
    return mapping;
  }

  private static String first(List<String> names) {
    return String.join(", ", names.subList(0, Math.min(SHOWN, names.size())))
        + (names.size() > SHOWN ? " and " + (names.size() - SHOWN) + " more" : "");
  }

  private static List<String> nodes(Graph graph, String layer) {
    List<MappedNode> found = new ArrayList<>();
    List<MappedNode> exact = new ArrayList<>();
    for (NodeProto node : graph.sorted()) {
      if (MappedNode.isKnown(node)) {
        NodeWords words = NodeWords.of(node.getName());
        if (words.are(layer)) {
          exact.add(new MappedNode(graph, node.getName()));
        } else if (words.end(layer)) {
          found.add(new MappedNode(graph, node.getName()));
        }
      }
    }
    List<MappedNode> candidates = exact.isEmpty() ? found : exact;
    long weights =
        candidates.size() < 2
            ? candidates.size()
            : candidates.stream().map(MappedNode::weightKey).distinct().count();
    return weights == 1 ? candidates.stream().map(MappedNode::name).toList() : List.of();
  }

  /**
   * Returns the mapping without layers and tensors that the quantized model does not change,
   * because they are skipped.
   */
  public OnnxMapping within(Quantized<?> quantized) {
    StateFile file = Backed.contentsOf(quantized).file();
    Map<String, List<String>> kept = new LinkedHashMap<>(layers);
    kept.keySet().removeIf(layer -> !hasWeight(file.schema(), layer));
    Map<String, Place> places = new LinkedHashMap<>(tensors);
    places.keySet().retainAll(file.schema().tensors().keySet());
    Map<String, Point> values = new LinkedHashMap<>(points);
    values.keySet().retainAll(file.state().descriptors().keySet());
    return new OnnxMapping(kept, places, values);
  }

  private static List<String> quantizedLayers(Quantized<?> quantized) {
    Schema schema = Backed.contentsOf(quantized).file().schema();
    List<String> layers = new ArrayList<>();
    for (String path : Backed.contentsOf(quantized).file().state().descriptors().keySet()) {
      String layer = LayerState.layerOf(path);
      if (!layers.contains(layer) && hasWeight(schema, layer)) {
        layers.add(layer);
      }
    }
    return layers;
  }

  private static boolean hasWeight(Schema schema, String layer) {
    return schema.tensors().keySet().stream()
        .anyMatch(
            path ->
                LayerState.layerOf(path).equals(layer)
                    && schema.entry(path).role() == TensorRole.WEIGHT);
  }
}
