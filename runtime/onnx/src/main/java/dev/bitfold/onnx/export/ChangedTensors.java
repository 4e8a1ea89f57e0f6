package dev.bitfold.onnx.export;

import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.storage.StateFile;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Writes weights and biases of layers that are not quantized, but that folding or training has
 * changed.
 */
final class ChangedTensors {
  private final Graph graph;
  private final StateFile stored;
  private final Map<String, String> originals;

  /**
   * Makes the writer for the float file's graph.
   *
   * @param originals the SHA-256 of the float model's tensors, as far as they are known
   */
  ChangedTensors(Graph graph, StateFile stored, Map<String, String> originals) {
    this.graph = graph;
    this.stored = stored;
    this.originals = originals;
  }

  /** Puts a constant where a node reads it. */
  @FunctionalInterface
  interface Destination {
    void set(NodeProto node, int input, float[] values, long[] shape);
  }

  /**
   * Passes each changed tensor to the nodes of its layer.
   *
   * @throws dev.bitfold.onnx.file.OnnxException if the file has no such initializer or one with
   *     other values, or if it is not known which of its readers belong to the layer
   */
  void each(Map<String, OnnxMapping.Place> places, Destination destination) {
    places.forEach(
        (path, place) -> {
          INDArray changed = stored.state().tensors().get(path);
          TensorProto old = original(path, place.initializer(), changed);
          if (changed != null) {
            long[] shape = Tensors.shape(graph.file(), old);
            float[] values = DenseFloats.of(changed, path).copy();
            for (NodeProto node : readers(path, place)) {
              NodeProto now = graph.node(node.getName()).orElseThrow();
              for (int input = 0; input < now.getInputCount(); input++) {
                if (now.getInput(input).equals(place.initializer())) {
                  destination.set(now, input, values, shape);
                }
              }
            }
          }
        });
  }

  private TensorProto original(
      String path, String initializer, @org.jspecify.annotations.Nullable INDArray changed) {
    TensorProto old = graph.initializer(initializer);
    if (old == null) {
      throw graph.bad("has no initializer " + initializer + " for " + path);
    }
    if (changed == null) {
      return old;
    }
    long[] shape = Tensors.shape(graph.file(), old);
    float[] values = Tensors.floats(graph.file(), old);
    Tensors.requireFinite(graph.file(), old, values);
    if (!Arrays.equals(shape, changed.shape())) {
      throw graph.bad(
          "initializer "
              + initializer
              + " is "
              + old.getDimsList()
              + ", and "
              + path
              + " is "
              + Arrays.toString(changed.shape()));
    }
    String expected = originals.get(path);
    if (expected != null && !expected.equals(StateFile.hash(DenseFloats.array(values, shape)))) {
      throw graph.bad(
          "is another model: "
              + path
              + " of the quantized one has other values than the initializer "
              + initializer);
    }
    return old;
  }

  private List<NodeProto> readers(String path, OnnxMapping.Place place) {
    List<NodeProto> all = graph.readers(place.initializer());
    String layer = LayerState.layerOf(path);
    if (!place.nodes().isEmpty()) {
      List<NodeProto> named =
          all.stream().filter(node -> place.nodes().contains(node.getName())).toList();
      if (named.size() != place.nodes().size()) {
        throw graph.bad(
            "has no nodes "
                + place.nodes()
                + " that read initializer "
                + place.initializer()
                + "; those that do are "
                + names(all));
      }
      return named;
    }
    if (all.size() <= 1) {
      return all;
    }
    List<NodeProto> own =
        all.stream().filter(node -> NodeWords.of(node.getName()).end(layer)).toList();
    if (own.isEmpty()) {
      throw graph.bad(
          "reads initializer "
              + place.initializer()
              + " in the nodes "
              + names(all)
              + ", and their names do not tell which of them compute layer "
              + layer
              + "; say it: mapping.tensor(\""
              + path
              + "\", \""
              + place.initializer()
              + "\", \""
              + names(all).get(0)
              + "\")");
    }
    return own;
  }

  private static List<String> names(List<NodeProto> nodes) {
    return nodes.stream().map(NodeProto::getName).toList();
  }
}
