package dev.bitfold.onnx.export;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.storage.Schema;
import dev.bitfold.storage.StateFile;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** One layer and the nodes that compute it: its weight, bias and scales go into the graph. */
final class LayerWriter {
  private final Graph graph;
  private final OnnxOptions options;
  private final QdqNodes qdq;
  private final LayerState layer;
  private final List<MappedNode> nodes;
  private final Map<String, float[]> foldedInto;

  /**
   * @param foldedInto what the output channels of a node are multiplied by, by the node's name
   */
  LayerWriter(
      Graph graph,
      OnnxOptions options,
      QdqNodes qdq,
      LayerState layer,
      List<MappedNode> nodes,
      Map<String, float[]> foldedInto) {
    this.graph = graph;
    this.options = options;
    this.qdq = qdq;
    this.layer = layer;
    this.nodes = nodes;
    this.foldedInto = foldedInto;
  }

  void write() {
    String path = layer.weight();
    Schema.Entry entry = layer.entry(path);
    List<INDArray> parts = floatWeights(path, entry);
    check(path, entry, joined(parts, entry));
    List<TensorProto> biases = biases();
    writeWeights(path, entry, parts);
    writeBiases(biases);
    writeInput();
    writeOutput();
  }

  /** The float weight of each node, in the layer's order of axes. */
  private List<INDArray> floatWeights(String path, Schema.Entry entry) {
    List<INDArray> parts = new ArrayList<>();
    for (MappedNode node : nodes) {
      TensorProto tensor = node.weight();
      long[] shape = Tensors.shape(graph.file(), tensor);
      INDArray held = DenseFloats.array(Tensors.floats(graph.file(), tensor), shape);
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
      parts.add(held.permute(back).dup('c'));
    }
    return parts;
  }

  private INDArray joined(List<INDArray> parts, Schema.Entry entry) {
    int axis = channelAxis(entry.layout());
    if (parts.size() == 1) {
      return parts.get(0);
    }
    for (INDArray part : parts) {
      for (int a = 0; a < part.rank(); a++) {
        if (a != axis && part.size(a) != parts.get(0).size(a)) {
          throw graph.bad(
              "has weights of other shapes in the nodes of " + layer.path() + ": " + nodes());
        }
      }
    }
    return Nd4j.concat(axis, parts.toArray(INDArray[]::new));
  }

  private String nodes() {
    return nodes.stream().map(MappedNode::name).collect(Collectors.joining(", "));
  }

  private static int channelAxis(Layout layout) {
    return layout.letters().indexOf(layout.has('O') ? 'O' : 'C');
  }

  private void check(String path, Schema.Entry entry, INDArray original) {
    long[] expected = entry.shape().stream().mapToLong(Long::longValue).toArray();
    if (!Arrays.equals(expected, original.shape())) {
      throw graph.bad(
          path
              + " is "
              + entry.layout()
              + " "
              + entry.shape()
              + ", and the weight of "
              + nodes()
              + " is "
              + Arrays.toString(original.shape())
              + " in that order");
    }
    checkHash(path, original);
  }

  private void checkHash(String path, INDArray original) {
    String hash = layer.hashes().get(path);
    if (hash != null && !hash.equals(StateFile.hash(original))) {
      throw graph.bad(
          "is another model: "
              + path
              + " of the quantized one has other values than the constant of "
              + nodes());
    }
  }

  private void writeWeights(String path, Schema.Entry entry, List<INDArray> parts) {
    int axis = channelAxis(entry.layout());
    if (layer.descriptor(path) == null) {
      writeFloats(path, entry);
      return;
    }
    var packed = layer.packed(joined(parts, entry), options.reducedRange());
    long from = 0;
    for (int i = 0; i < nodes.size(); i++) {
      MappedNode node = nodes.get(i);
      String letters = node.letters(path, entry.layout());
      WeightCodes codes = WeightCodes.of(path, packed, order(letters, entry.layout()));
      int channel = letters.indexOf(letters.indexOf('O') >= 0 ? 'O' : 'C');
      if (nodes.size() > 1) {
        long to = from + parts.get(i).size(axis);
        codes = codes.slice(channel, (int) from, (int) to);
        from = to;
      }
      float[] factors = foldedInto.get(node.name());
      if (factors != null) {
        codes = codes.scaled(channel, factors);
      }
      if (options.unsignedWeights()) {
        codes = codes.unsigned();
      }
      if (node.isGather()) {
        qdq.gather(node, codes);
      } else {
        setInput(node, 1, qdq.weight(node.name(), codes));
      }
    }
  }

  /** A layer whose inputs alone are quantized; its weight may have been smoothed. */
  private void writeFloats(String path, Schema.Entry entry) {
    INDArray changed = layer.changed(path);
    for (MappedNode node : nodes) {
      if (foldedInto.containsKey(node.name()) || nodes.size() > 1) {
        throw node.bad("computes " + layer.path() + ", whose weight is not quantized");
      }
      if (changed != null) {
        String letters = node.letters(path, entry.layout());
        INDArray value = changed.permute(order(letters, entry.layout())).dup('c');
        TensorProto tensor =
            Tensors.of(node.name() + "/weight", DenseFloats.of(value, path).copy(), value.shape());
        setInput(node, node.weightInput(), graph.add(tensor));
      }
    }
  }

  private static int[] order(String letters, Layout layout) {
    return letters.chars().map(letter -> layout.letters().indexOf(letter)).toArray();
  }

  private void setInput(MappedNode node, int input, String value) {
    NodeProto old = node.node();
    graph.replace(old, old.toBuilder().setInput(input, value).build());
  }

  /** The bias of each node; empty if the layer has none. */
  private List<TensorProto> biases() {
    Optional<String> path = layer.bias();
    List<TensorProto> biases = new ArrayList<>();
    if (path.isEmpty()) {
      for (MappedNode node : nodes) {
        if (foldedInto.containsKey(node.name()) && node.biasNode() != null) {
          throw node.bad("has a bias, and layer " + layer.path() + " has none; nothing is folded");
        }
      }
      return biases;
    }
    for (MappedNode node : nodes) {
      NodeProto add = node.biasNode();
      if (add == null) {
        throw node.bad("has no constant bias, and " + path.get() + " is one");
      }
      biases.add(graph.constant(add.getInput(node.biasInput(add))).orElseThrow());
    }
    List<INDArray> values = new ArrayList<>();
    for (int i = 0; i < biases.size(); i++) {
      float[] floats = Tensors.floats(graph.file(), biases.get(i));
      float beta = nodes.get(i).beta();
      for (int c = 0; c < floats.length; c++) {
        floats[c] *= beta;
      }
      values.add(DenseFloats.array(floats, floats.length));
    }
    INDArray original =
        values.size() == 1 ? values.get(0) : Nd4j.concat(0, values.toArray(INDArray[]::new));
    long expected = layer.entry(path.get()).shape().stream().reduce(1L, Math::multiplyExact);
    if (expected != original.length()) {
      throw graph.bad(
          path.get()
              + " has "
              + expected
              + " values, and the bias of "
              + nodes()
              + " has "
              + original.length());
    }
    checkHash(path.get(), original.reshape(shape(path.get())));
    return biases;
  }

  private long[] shape(String path) {
    return layer.entry(path).shape().stream().mapToLong(Long::longValue).toArray();
  }

  private void writeBiases(List<TensorProto> biases) {
    INDArray changed = layer.bias().map(layer::changed).orElse(null);
    int from = 0;
    for (int i = 0; i < biases.size(); i++) {
      MappedNode node = nodes.get(i);
      float[] factors = foldedInto.get(node.name());
      float[] original = Tensors.floats(graph.file(), biases.get(i));
      int length = original.length;
      float[] values =
          changed == null ? original.clone() : part(changed, from, length, node.beta());
      from += length;
      if (factors != null) {
        for (int c = 0; c < length; c++) {
          values[c] *= factors[c];
        }
      }
      if (!Arrays.equals(values, original)) {
        NodeProto add = java.util.Objects.requireNonNull(node.biasNode());
        String name = graph.add(Tensors.of(node.name() + "/bias", values, length));
        graph.replace(add, add.toBuilder().setInput(node.biasInput(add), name).build());
      }
    }
  }

  private float[] part(INDArray changed, int from, int length, float beta) {
    float[] all = DenseFloats.of(changed, layer.path()).copy();
    float[] values = Arrays.copyOfRange(all, from, from + length);
    for (int c = 0; c < length; c++) {
      if (beta == 0) {
        throw graph.bad("multiplies the bias of " + layer.path() + " by 0");
      }
      values[c] /= beta;
    }
    return values;
  }

  private void writeInput() {
    Optional<String> input = layer.input();
    if (input.isEmpty()) {
      return;
    }
    String path = input.get();
    String data = nodes.get(0).data();
    for (MappedNode node : nodes) {
      if (node.isGather()) {
        throw node.bad("looks up integers, and " + path + " is quantized");
      }
      if (!node.data().equals(data)) {
        throw node.bad("reads " + node.data() + ", and " + nodes.get(0).name() + " reads " + data);
      }
    }
    INDArray preScale = layer.preScale(path);
    boolean folds = options.folded().containsKey(layer.path());
    if (preScale != null && !folds) {
      data = qdq.multiply(nodes.get(0).name(), data, preScale, spatialAxes());
    }
    if (layer.descriptor(path) != null) {
      data = qdq.activation(nodes.get(0).name() + "/input", data, activation(path));
    }
    for (MappedNode node : nodes) {
      setInput(node, 0, data);
    }
  }

  /** How many axes stand behind the channels of the input. */
  private int spatialAxes() {
    return layer.entry(layer.weight()).layout().letters().replaceAll("[^DHW]", "").length();
  }

  private ActivationScale activation(String path) {
    ActivationScale scale = layer.activation(path);
    return options.signedActivations() ? scale : scale.unsigned();
  }

  private void writeOutput() {
    String path = layer.output();
    if (layer.descriptor(path) == null) {
      return;
    }
    for (MappedNode node : nodes) {
      @Nullable NodeProto bias = node.biasNode();
      NodeProto last = bias == null ? node.node() : bias;
      String whole = last.getOutput(0);
      String diverted = graph.divert(last, "/float");
      qdq.activationInto(whole, diverted, activation(path));
    }
  }

  /** The paths of all tensors that this layer brings into the file. */
  static List<String> covered(LayerState layer) {
    List<String> covered = new ArrayList<>();
    for (String path : layer.file().schema().tensors().keySet()) {
      TensorRole role = layer.entry(path).role();
      if (LayerState.layerOf(path).equals(layer.path())
          && (role != TensorRole.INPUT
              || layer.input().map(path::equals).orElse(false)
              || layer.descriptor(path) == null)) {
        covered.add(path);
      }
    }
    covered.add(layer.output());
    return covered;
  }
}
