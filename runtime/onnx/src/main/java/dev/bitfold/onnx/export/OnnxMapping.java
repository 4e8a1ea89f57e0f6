package dev.bitfold.onnx.export;

import dev.bitfold.Quantized;
import dev.bitfold.internal.state.Backed;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.onnx.file.OnnxWeights;
import dev.bitfold.storage.Schema;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * Which nodes of an ONNX file compute which layers of a model. Immutable.
 *
 * @param layers the names of a layer's MatMul, Gemm, Conv or Gather nodes by its path. Several
 *     nodes read one input, and their outputs stand one after the other in the layer's
 * @param tensors the name of an initializer by the path of a weight or bias, for layers that are
 *     not quantized and whose tensors were changed, by folding or training
 */
public record OnnxMapping(Map<String, List<String>> layers, Map<String, String> tensors) {
  /** Copies the maps, keeping their order. */
  public OnnxMapping {
    Map<String, List<String>> copy = new LinkedHashMap<>();
    layers.forEach((path, nodes) -> copy.put(path, List.copyOf(nodes)));
    layers = Collections.unmodifiableMap(copy);
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** Nothing mapped yet. */
  public static OnnxMapping empty() {
    return new OnnxMapping(Map.of(), Map.of());
  }

  /**
   * With a layer.
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
    return new OnnxMapping(more, tensors);
  }

  /** With a weight or bias of a layer that is not quantized. */
  public OnnxMapping tensor(String path, String initializer) {
    Map<String, String> more = new LinkedHashMap<>(tensors);
    more.put(path, initializer);
    return new OnnxMapping(layers, more);
  }

  /**
   * A mapping by a rule, for every quantized layer.
   *
   * @param nodes the names of a layer's nodes by its path; empty where the layer has none
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
   * The mapping by the usual names: exporters name a node after its module, so that layer {@code
   * encoder.0.fc1} is computed by the only MatMul, Gemm, Conv or Gather node whose name consists of
   * the same words, {@code /encoder/0/fc1/MatMul} or {@code /model/encoder.0/fc1/Gemm}. Layers of
   * which no or more than one node can be meant are left out, and {@link OnnxQdq#export} then lists
   * them.
   */
  public static OnnxMapping byName(OnnxWeights file, Quantized<?> quantized) {
    return of(quantized, layer -> node(file, layer).map(List::of).orElse(List.of()));
  }

  private static Optional<String> node(OnnxWeights file, String layer) {
    String words = "." + layer + ".";
    List<String> found = new ArrayList<>();
    List<String> exact = new ArrayList<>();
    for (String name : file.nodes()) {
      String operation = file.operation(name);
      if (MappedNode.isKnown(operation)) {
        String module = "." + name.replace('/', '.').replaceAll("^\\.+", "");
        int last = module.lastIndexOf('.');
        String path = module.substring(0, last) + ".";
        if (path.equals(words) || module.equals("." + layer)) {
          exact.add(name);
        } else if (path.endsWith(words)) {
          found.add(name);
        }
      }
    }
    List<String> candidates = exact.isEmpty() ? found : exact;
    return candidates.size() == 1 ? Optional.of(candidates.get(0)) : Optional.empty();
  }

  private static List<String> quantizedLayers(Quantized<?> quantized) {
    Schema schema = Backed.contentsOf(quantized).schema();
    List<String> layers = new ArrayList<>();
    for (String path : Backed.contentsOf(quantized).state().descriptors().keySet()) {
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
