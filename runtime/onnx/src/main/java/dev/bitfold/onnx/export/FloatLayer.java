package dev.bitfold.onnx.export;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.storage.Schema;
import dev.bitfold.storage.StateFile;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Holds the weight and bias of a layer in the float file, after comparing them with the float model
 * that was quantized. A Gemm's alpha and beta are applied to them.
 */
final class FloatLayer {
  /**
   * Holds the bias of one node.
   *
   * @param values one value for each output channel of the node
   * @param shape the shape in the file
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Bias(float[] values, long[] shape) {}

  private final Graph graph;
  private final LayerState layer;
  private final List<MappedNode> parts;
  private final String path;
  private final Schema.Entry entry;
  private final List<INDArray> weights = new ArrayList<>();
  private final List<Bias> biases = new ArrayList<>();
  private boolean alphaApart;

  /**
   * Reads and checks the layer.
   *
   * @param parts the nodes whose output channels together are those of the layer, in order
   * @throws dev.bitfold.onnx.file.OnnxException if the file is another model
   */
  FloatLayer(Graph graph, LayerState layer, List<MappedNode> parts) {
    this.graph = graph;
    this.layer = layer;
    this.parts = parts;
    this.path = layer.weight();
    this.entry = layer.entry(path);
    readWeights();
    readBiases();
  }

  /** Returns the weight of each part, in the layer's order of axes. */
  List<INDArray> weights() {
    return weights;
  }

  /** Returns the whole weight. */
  INDArray weight() {
    return weights.size() == 1
        ? weights.get(0)
        : Nd4j.concat(channelAxis(), weights.toArray(INDArray[]::new));
  }

  /** Returns the bias of each part; empty if the layer has none. */
  List<Bias> biases() {
    return biases;
  }

  /**
   * Returns whether the float model's weight equals the file's without alpha. Only the model's
   * {@code forward} can then tell whether it multiplies by alpha.
   */
  boolean isAlphaApart() {
    return alphaApart;
  }

  /** Returns the axis of the layer's weight along which the parts are divided. */
  int channelAxis() {
    Layout layout = entry.layout();
    return layout.letters().indexOf(layout.has('O') ? 'O' : 'C');
  }

  private void readWeights() {
    List<INDArray> plain = new ArrayList<>();
    boolean scaled = false;
    for (MappedNode node : parts) {
      TensorProto tensor = node.weight();
      float[] values = Tensors.floats(graph.file(), tensor);
      Tensors.requireFinite(graph.file(), tensor, values);
      plain.add(inOrder(node, values, Tensors.shape(graph.file(), tensor)));
      scaled |= node.alpha() != 1;
      weights.add(node.alpha() == 1 ? plain.get(plain.size() - 1) : last(plain).mul(node.alpha()));
    }
    requireShape();
    Optional<String> expected = layer.original(path);
    if (expected.isEmpty() || expected.get().equals(StateFile.hash(weight()))) {
      return;
    }
    if (scaled) {
      List<INDArray> multiplied = List.copyOf(weights);
      weights.clear();
      weights.addAll(plain);
      if (expected.get().equals(StateFile.hash(weight()))) {
        alphaApart = true;
        weights.clear();
        weights.addAll(multiplied);
        return;
      }
    }
    throw another(path);
  }

  private static INDArray last(List<INDArray> arrays) {
    return arrays.get(arrays.size() - 1);
  }

  private INDArray inOrder(MappedNode node, float[] values, long[] shape) {
    INDArray held = DenseFloats.array(values, shape);
    if (node.isTransposed()) {
      held = held.transpose();
    }
    String letters = node.letters(path, entry.layout());
    if (held.rank() != letters.length()) {
      throw node.bad(
          "has a weight of shape "
              + Arrays.toString(held.shape())
              + ", and "
              + path
              + " has the layout "
              + entry.layout());
    }
    int[] back = new int[letters.length()];
    for (int a = 0; a < back.length; a++) {
      back[a] = letters.indexOf(entry.layout().letters().charAt(a));
    }
    return held.permute(back).dup('c');
  }

  private void requireShape() {
    int axis = channelAxis();
    long channels = 0;
    for (INDArray part : weights) {
      for (int a = 0; a < part.rank(); a++) {
        if (a != axis && part.size(a) != weights.get(0).size(a)) {
          throw graph.bad(
              "has weights of other shapes in the nodes of " + layer.path() + ": " + names());
        }
      }
      channels += part.size(axis);
    }
    long[] shape = weights.get(0).shape().clone();
    shape[axis] = channels;
    long[] expected = entry.shape().stream().mapToLong(Long::longValue).toArray();
    if (!Arrays.equals(expected, shape)) {
      throw graph.bad(
          path
              + " is "
              + entry.layout()
              + " "
              + entry.shape()
              + ", and the weight of "
              + names()
              + " is "
              + Arrays.toString(shape)
              + " in that order");
    }
  }

  private void readBiases() {
    Optional<String> bias = layer.bias();
    if (bias.isEmpty()) {
      for (MappedNode node : parts) {
        NodeProto own = node.biasNode();
        if (own != null && own.getName().equals(node.name())) {
          throw node.bad(
              "has a bias, and layer "
                  + layer.path()
                  + " has none: a layer of the model has to have it as well");
        }
      }
      return;
    }
    List<INDArray> values = new ArrayList<>();
    for (MappedNode node : parts) {
      NodeProto add = node.biasNode();
      if (add == null) {
        throw node.bad("has no constant bias, and " + bias.get() + " is one" + node.whyNoBias());
      }
      TensorProto tensor = graph.held(add.getInput(node.biasInput(add))).orElseThrow();
      float[] floats = Tensors.floats(graph.file(), tensor);
      Tensors.requireFinite(graph.file(), tensor, floats);
      float beta = node.beta();
      for (int c = 0; c < floats.length; c++) {
        floats[c] *= beta;
      }
      biases.add(new Bias(floats, Tensors.shape(graph.file(), tensor)));
      values.add(DenseFloats.array(floats, floats.length));
    }
    INDArray whole =
        values.size() == 1 ? values.get(0) : Nd4j.concat(0, values.toArray(INDArray[]::new));
    List<Long> shape = layer.entry(bias.get()).shape();
    long expected = shape.stream().reduce(1L, Math::multiplyExact);
    if (expected != whole.length()) {
      throw graph.bad(
          bias.get()
              + " has "
              + expected
              + " values, and the bias of "
              + names()
              + " has "
              + whole.length());
    }
    INDArray shaped = whole.reshape(shape.stream().mapToLong(Long::longValue).toArray());
    Optional<String> hash = layer.original(bias.get());
    if (hash.isPresent() && !hash.get().equals(StateFile.hash(shaped))) {
      throw another(bias.get());
    }
  }

  private dev.bitfold.onnx.file.OnnxException another(String tensor) {
    boolean gemm = parts.stream().anyMatch(node -> node.alpha() != 1 || node.beta() != 1);
    return graph.bad(
        "is another model: "
            + tensor
            + " of the quantized one has other values than the constant of "
            + names()
            + (gemm ? " times its alpha or beta" : ""));
  }

  private String names() {
    return parts.stream().map(MappedNode::name).collect(Collectors.joining(", "));
  }

  /** Returns the layer's axis for each axis of a node. */
  static int[] order(String letters, Layout layout) {
    return letters.chars().map(letter -> layout.letters().indexOf(letter)).toArray();
  }
}
