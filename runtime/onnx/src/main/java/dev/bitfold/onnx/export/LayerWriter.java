package dev.bitfold.onnx.export;

import dev.bitfold.layer.TensorRole;
import dev.bitfold.onnx.file.Graph;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.storage.Schema;
import dev.bitfold.tensor.DenseFloats;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.indexing.INDArrayIndex;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** Writes the weight, bias and scales of one layer to the nodes that compute it. */
final class LayerWriter {
  private final Graph graph;
  private final OnnxOptions options;
  private final QdqNodes qdq;
  private final DynamicNodes dynamic;
  private final MappedLayer mapped;
  private final LayerState layer;
  private final FloatLayer floats;
  private final Map<String, float[]> foldedInto;
  private final Map<String, String> shared = new HashMap<>();

  /**
   * Makes a writer.
   *
   * @param foldedInto the factors of a node's output channels, by the node's name
   */
  LayerWriter(
      Graph graph,
      OnnxOptions options,
      QdqNodes qdq,
      DynamicNodes dynamic,
      MappedLayer mapped,
      Map<String, float[]> foldedInto) {
    this.graph = graph;
    this.options = options;
    this.qdq = qdq;
    this.dynamic = dynamic;
    this.mapped = mapped;
    this.layer = mapped.state();
    this.floats = new FloatLayer(graph, layer, mapped.parts());
    this.foldedInto = foldedInto;
  }

  void write() {
    boolean integers = layer.input().filter(layer::isDynamic).isPresent();
    Optional<ActivationScale> input =
        layer
            .input()
            .filter(path -> layer.descriptor(path) != null && !integers)
            .map(this::activation);
    List<float[]> biases = biases();
    List<Optional<WeightCodes>> codes = new ArrayList<>();
    for (int part = 0; part < mapped.parts().size(); part++) {
      float[] bias = biases.isEmpty() ? null : biases.get(part);
      codes.add(codes(part, bias, input.orElse(null), integers));
    }
    for (List<MappedNode> call : mapped.calls()) {
      requireFoldable(call);
      if (integers) {
        writeIntegers(call, codes, biases);
        continue;
      }
      writeInput(call, input);
      List<String> outputs = outputs(call);
      for (int part = 0; part < call.size(); part++) {
        writeWeight(call.get(part), part, codes.get(part));
        if (!biases.isEmpty()) {
          writeBias(call.get(part), part, biases.get(part));
        }
      }
      writeOutputs(outputs);
    }
  }

  /** Writes a layer whose input has a dynamic scale. */
  private void writeIntegers(
      List<MappedNode> call, List<Optional<WeightCodes>> codes, List<float[]> biases) {
    String data = scaledInput(call);
    List<String> outputs = outputs(call);
    DynamicNodes.Codes x = dynamic.quantize(call.get(0).name() + "/input", data);
    for (int part = 0; part < call.size(); part++) {
      MappedNode node = call.get(part);
      if (node.isConvTranspose()) {
        // ONNX has no product of integers for it.
        setInput(node, 0, dynamic.floats(node.name() + "/input", x));
        writeWeight(node, part, codes.get(part));
        if (!biases.isEmpty()) {
          writeBias(node, part, biases.get(part));
        }
        continue;
      }
      WeightCodes weight =
          codes
              .get(part)
              .orElseThrow(
                  () ->
                      node.bad(
                          "computes "
                              + layer.path()
                              + ", whose input has a dynamic scale and whose weight is float;"
                              + " integer products take both: quantize the weight, or leave the"
                              + " input float"));
      boolean own = node.node().getOpType().equals("MatMul");
      if (own && !biases.isEmpty()) {
        writeBias(node, part, biases.get(part));
      }
      String held = mapped.parts().get(part).name();
      String bias = own || biases.isEmpty() ? "" : integerBias(node, held, biases.get(part));
      if (!own && biases.isEmpty() && node.node().getInputCount() > 2) {
        throw node.bad(
            "adds a bias that is not a constant of layer "
                + layer.path()
                + ", whose input has a dynamic scale: leave the input float");
      }
      dynamic.product(node, x, held, weight, bias);
    }
    writeOutputs(outputs);
  }

  /** Writes the bias of a Gemm or Conv as an addition behind the product of integers. */
  private String integerBias(MappedNode node, String held, float[] values) {
    return shared.computeIfAbsent(
        "bias " + held,
        key ->
            graph.add(
                Tensors.of(held + "/bias", values, DynamicNodes.perChannel(node, values.length))));
  }

  /**
   * Refuses to fold into a layer with several calls: they share the weight, so all calls would be
   * folded.
   */
  private void requireFoldable(List<MappedNode> call) {
    boolean folds = call.stream().anyMatch(node -> foldedInto.containsKey(node.name()));
    if (folds && mapped.calls().size() > 1) {
      throw graph.bad(
          "computes layer "
              + layer.path()
              + " in "
              + mapped.calls().size()
              + " calls that share its weight; nothing is folded into one of them");
    }
    if (folds && layer.bias().isEmpty() && call.stream().anyMatch(n -> n.biasNode() != null)) {
      throw graph.bad(
          "adds a bias behind "
              + call.get(0).name()
              + ", and layer "
              + layer.path()
              + " has none; nothing is folded");
    }
  }

  private Optional<WeightCodes> codes(
      int part, float @Nullable [] bias, @Nullable ActivationScale input, boolean integers) {
    String path = layer.weight();
    Schema.Entry entry = layer.entry(path);
    if (layer.descriptor(path) == null) {
      return Optional.empty();
    }
    MappedNode node = mapped.parts().get(part);
    var packed = layer.packed(floats.weight(), options);
    String own = node.letters(path, entry.layout());
    // The integer product of a Gemm is written as MatMulInteger, which does not transpose.
    String letters = integers && own.equals("OI") ? "IO" : own;
    WeightCodes codes = WeightCodes.of(path, packed, FloatLayer.order(letters, entry.layout()));
    int channel = letters.indexOf(letters.indexOf('O') >= 0 ? 'O' : 'C');
    if (mapped.parts().size() > 1) {
      long from = 0;
      for (int before = 0; before < part; before++) {
        from += floats.weights().get(before).size(floats.channelAxis());
      }
      long to = from + floats.weights().get(part).size(floats.channelAxis());
      codes = codes.slice(channel, (int) from, (int) to);
    }
    int channels = Math.toIntExact(codes.shape()[channel]);
    float[] factors = foldedInto.get(node.name());
    if (factors != null) {
      codes = codes.scaled(channel, factors);
    }
    if (floats.isAlphaApart() && node.alpha() != 1) {
      float[] alpha = new float[channels];
      Arrays.fill(alpha, node.alpha());
      codes = codes.scaled(channel, alpha);
    }
    if (input != null && !isForBlocks(codes, letters.indexOf('I'))) {
      codes = codes.inBytes().spread();
    }
    if (bias != null && input != null) {
      codes = codes.withRoom(channel, bias, input.scale());
    }
    return Optional.of(options.unsignedWeights() ? codes.unsigned() : codes);
  }

  /**
   * Returns whether a weight of 4 bits has a form that ONNX Runtime computes with behind a
   * quantized input. Without blocks, it takes the product for one of integers, and its kernels for
   * these read bytes.
   *
   * @param in the axis of the input channels
   */
  private boolean isForBlocks(WeightCodes codes, int in) {
    return codes.block() > 0
        || (options.blockOperators().isPresent() && BlockOperators.takes(codes, in));
  }

  private void writeWeight(MappedNode node, int part, Optional<WeightCodes> codes) {
    if (codes.isEmpty()) {
      writeFloats(node, part);
    } else if (node.isGather()) {
      qdq.gather(node, codes.get());
    } else {
      String name = mapped.parts().get(part).name();
      setInput(node, 1, shared.computeIfAbsent(name, n -> qdq.weight(n, codes.get())));
    }
  }

  /** Writes a layer whose weight is float. It may have been smoothed. */
  private void writeFloats(MappedNode node, int part) {
    String path = layer.weight();
    Schema.Entry entry = layer.entry(path);
    if (foldedInto.containsKey(node.name())) {
      throw node.bad("computes " + layer.path() + ", whose weight is not quantized");
    }
    INDArray changed = layer.changed(path);
    if (changed != null) {
      String letters = node.letters(path, entry.layout());
      int[] order = FloatLayer.order(letters, entry.layout());
      INDArray value = part(changed, part).permute(order).dup('c');
      if (floats.isAlphaApart()) {
        value.muli(node.alpha());
      }
      TensorProto tensor =
          Tensors.of(node.name() + "/weight", DenseFloats.of(value, path).copy(), value.shape());
      String held = "weight " + mapped.parts().get(part).name();
      setInput(node, node.weightInput(), shared.computeIfAbsent(held, p -> graph.add(tensor)));
    }
  }

  /** Returns the output channels of a weight that one part computes. */
  private INDArray part(INDArray weight, int part) {
    int axis = floats.channelAxis();
    long from = floats.weights().stream().limit(part).mapToLong(w -> w.size(axis)).sum();
    INDArrayIndex[] channels = new INDArrayIndex[weight.rank()];
    Arrays.fill(channels, NDArrayIndex.all());
    channels[axis] = NDArrayIndex.interval(from, from + floats.weights().get(part).size(axis));
    return weight.get(channels);
  }

  private void setInput(MappedNode node, int input, String value) {
    NodeProto old = node.node();
    NodeProto with = old.toBuilder().setInput(input, value).build();
    boolean scaled = input == 1 && !node.isGather();
    graph.replace(old, scaled ? MappedNode.plain(with) : with);
  }

  /** Returns the bias of each part as it will be written; empty if the layer has none. */
  private List<float[]> biases() {
    INDArray changed = layer.bias().map(layer::changed).orElse(null);
    List<float[]> biases = new ArrayList<>();
    int from = 0;
    for (int part = 0; part < floats.biases().size(); part++) {
      float[] original = floats.biases().get(part).values();
      float[] values =
          changed == null
              ? original.clone()
              : Arrays.copyOfRange(
                  DenseFloats.of(changed, layer.path()).copy(), from, from + original.length);
      from += original.length;
      float[] factors = foldedInto.get(mapped.parts().get(part).name());
      for (int c = 0; factors != null && c < values.length; c++) {
        values[c] *= factors[c];
      }
      biases.add(values);
    }
    return biases;
  }

  private void writeBias(MappedNode node, int part, float[] values) {
    NodeProto add = java.util.Objects.requireNonNull(node.biasNode());
    int input = node.biasInput(add);
    TensorProto held = graph.held(add.getInput(input)).orElseThrow();
    if (!Arrays.equals(values, Tensors.floats(graph.file(), held))) {
      FloatLayer.Bias original = floats.biases().get(part);
      String key = "bias " + mapped.parts().get(part).name();
      String name =
          shared.computeIfAbsent(
              key, k -> graph.add(Tensors.of(node.name() + "/bias", values, original.shape())));
      graph.replace(add, add.toBuilder().setInput(input, name).build());
    }
  }

  private void writeInput(List<MappedNode> call, Optional<ActivationScale> scale) {
    if (layer.input().isEmpty()) {
      return;
    }
    MappedNode first = call.get(0);
    String data = scaledInput(call);
    if (scale.isPresent()) {
      data = qdq.activation(first.name() + "/input", data, scale.get());
    }
    for (MappedNode node : call) {
      NodeProto old = node.node();
      graph.replace(old, old.toBuilder().setInput(0, data).build());
    }
  }

  /** Returns the value that all nodes of a call read, multiplied by the pre-quant scale. */
  private String scaledInput(List<MappedNode> call) {
    String path = layer.input().orElseThrow();
    MappedNode first = call.get(0);
    for (MappedNode node : call) {
      if (node.isGather()) {
        throw node.bad("looks up integers, and " + path + " is quantized");
      }
      if (!node.data().equals(first.data())) {
        throw node.bad("reads " + node.data() + ", and " + first.name() + " reads " + first.data());
      }
    }
    String data = first.data();
    INDArray preQuantScale = layer.preQuantScale(path);
    boolean folds = options.folded().containsKey(layer.path());
    return preQuantScale != null && !folds
        ? qdq.multiply(first.name(), data, preQuantScale, first.axesBehind())
        : data;
  }

  private ActivationScale activation(String path) {
    ActivationScale scale = layer.activation(path);
    return options.signedActivations() ? scale : scale.unsigned();
  }

  private List<String> outputs(List<MappedNode> call) {
    return call.stream().map(node -> node.output(layer.bias().isPresent())).toList();
  }

  private void writeOutputs(List<String> outputs) {
    String path = layer.output();
    if (layer.descriptor(path) == null) {
      return;
    }
    for (String whole : outputs) {
      qdq.activationInto(whole, graph.divert(whole, "/float"), activation(path));
    }
  }

  /** Returns the paths of all tensors that this layer writes to the file. */
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
