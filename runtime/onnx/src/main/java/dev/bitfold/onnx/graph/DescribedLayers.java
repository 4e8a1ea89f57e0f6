package dev.bitfold.onnx.graph;

import dev.bitfold.onnx.export.OnnxMapping;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Holds the layers of a graph by their paths in the model. For one thread. */
final class DescribedLayers {
  /**
   * Describes a layer.
   *
   * @param weight the weight of its object; a second step with the same path must have the same
   *     weight
   * @param node the first node that reads the weight; empty for a norm, whose tensors are mapped
   * @param tensors the paths of a norm's tensors
   */
  private record Described(INDArray weight, String node, List<String> tensors) {}

  private final Steps steps;
  private final Map<String, Described> layers = new LinkedHashMap<>();

  DescribedLayers(Steps steps) {
    this.steps = steps;
  }

  /** Refuses a path that is blank or belongs to another layer. */
  void require(String path, INDArray weight) {
    if (path.isBlank()) {
      throw steps.bad("has a layer without a path; give it its path in the model, such as fc1");
    }
    Described other = layers.get(path);
    if (other != null && other.weight() != weight) {
      throw steps.bad("has two layers " + path + " with different weights; give each its own path");
    }
  }

  /** Records a layer whose node is mapped. */
  void node(String path, INDArray weight, String node) {
    layers.putIfAbsent(path, new Described(weight, node, List.of()));
  }

  /**
   * Records a norm.
   *
   * @param tensors the paths of its tensors, which are also the names of their constants
   */
  void norm(String path, INDArray weight, String... tensors) {
    layers.putIfAbsent(path, new Described(weight, "", List.of(tensors)));
  }

  OnnxMapping mapping() {
    OnnxMapping mapping = OnnxMapping.empty();
    for (Map.Entry<String, Described> layer : layers.entrySet()) {
      Described described = layer.getValue();
      if (!described.node().isEmpty()) {
        mapping = mapping.layer(layer.getKey(), described.node());
      }
      for (String tensor : described.tensors()) {
        mapping = mapping.tensor(tensor, tensor);
      }
    }
    return mapping;
  }
}
