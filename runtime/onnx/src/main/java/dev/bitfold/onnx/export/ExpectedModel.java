package dev.bitfold.onnx.export;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.onnx.file.OnnxFile;
import dev.bitfold.onnx.file.Tensors;
import dev.bitfold.onnx.proof.Activation;
import dev.bitfold.onnx.proof.Reference;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.storage.Schema;
import dev.bitfold.storage.StateFile;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import onnx.Onnx.NodeProto;
import onnx.Onnx.TensorProto;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes what an exported file must compute. It reads the mapping in the same way as the export,
 * but shares no code with the writing: weights are the arrays of Bitfold's own layers, and inputs
 * go through Bitfold's quantizers.
 */
final class ExpectedModel {
  private final Reference reference;
  private final OnnxOptions options;

  ExpectedModel(OnnxFile original, OnnxOptions options) {
    this.reference = new Reference(original);
    this.options = options;
  }

  Reference reference() {
    return reference;
  }

  /** Replaces the nodes that compute a layer by Bitfold's layer. */
  void layer(MappedLayer mapped) {
    LayerState layer = mapped.state();
    FloatLayer floats = new FloatLayer(reference.graph(), layer, mapped.parts());
    INDArray weight = weight(layer, floats);
    Optional<INDArray> bias = layer.bias().map(layer::changed);
    for (List<MappedNode> call : mapped.calls()) {
      long from = 0;
      for (int part = 0; part < call.size(); part++) {
        long channels = floats.weights().get(part).size(floats.channelAxis());
        node(layer, floats, call.get(part), part, weight, bias, from, from + channels);
        from += channels;
      }
    }
  }

  /** Returns the weight of the quantized model's layer. */
  private INDArray weight(LayerState layer, FloatLayer floats) {
    String path = layer.weight();
    if (layer.descriptor(path) != null) {
      return layer.packed(floats.weight(), options).unpack();
    }
    INDArray changed = layer.changed(path);
    return changed == null ? floats.weight() : changed;
  }

  private void node(
      LayerState layer,
      FloatLayer floats,
      MappedNode node,
      int part,
      INDArray weight,
      Optional<INDArray> bias,
      long from,
      long to) {
    Schema.Entry entry = layer.entry(layer.weight());
    int axesBehind = node.axesBehind();
    String letters = node.letters(layer.weight(), entry.layout());
    String output = node.output(layer.bias().isPresent());
    boolean apart = floats.isAlphaApart();
    if (!floats.biases().isEmpty()) {
      FloatLayer.Bias held = floats.biases().get(part);
      NodeProto add = java.util.Objects.requireNonNull(node.biasNode());
      float[] values =
          bias.map(b -> Arrays.copyOfRange(copy(b), (int) from, (int) to)).orElse(held.values());
      reference.constant(add.getName(), node.biasInput(add), values, held.shape());
    }
    INDArray own = slice(weight, floats.channelAxis(), from, to);
    INDArray ordered = own.permute(FloatLayer.order(letters, entry.layout())).dup('c');
    if (apart && node.alpha() != 1) {
      ordered.muli(node.alpha());
    }
    reference.constant(node.name(), node.weightInput(), copy(ordered), ordered.shape());
    NodeProto now = node.node();
    reference.graph().replace(now, MappedNode.plain(now));
    int channels = Math.toIntExact(to - from);
    if (!node.isGather()) {
      reference.layer(node.name(), output, units(layer, own, floats, channels), axesBehind);
      layer.input().ifPresent(path -> input(layer, node, path));
    }
    if (layer.descriptor(layer.output()) != null) {
      reference.output(
          layer.path(), node.name(), output, activation(layer, layer.output(), -1 - axesBehind));
    }
  }

  private void input(LayerState layer, MappedNode node, String path) {
    if (layer.descriptor(path) != null) {
      int axis = -1 - node.axesBehind();
      reference.input(
          layer.path(),
          node.name(),
          layer.isDynamic(path) ? dynamic(layer, path, axis) : activation(layer, path, axis));
    } else {
      float[] factors = copy(java.util.Objects.requireNonNull(layer.preQuantScale(path)));
      reference.multiply(node.name(), factors, node.axesBehind());
    }
  }

  /** Quantizes a value between nodes. */
  void point(LayerState state, String path, String value) {
    reference.point(state.path(), value, activation(state, path, -1));
  }

  private static Activation activation(LayerState layer, String path, int axis) {
    QuantDescriptor descriptor = java.util.Objects.requireNonNull(layer.descriptor(path));
    Quantizer quantizer = layer.quantizer(path, Layout.UNKNOWN);
    return Activation.fixed(
        path,
        Optional.ofNullable(layer.preQuantScale(path)),
        axis,
        quantizer::quantize,
        descriptor.unsigned() && !descriptor.affine());
  }

  /** Returns an input whose scale comes from each tensor. */
  private static Activation dynamic(LayerState layer, String path, int axis) {
    QuantDescriptor descriptor = java.util.Objects.requireNonNull(layer.descriptor(path));
    Quantizer open = Quantizer.of(descriptor, Layout.UNKNOWN);
    Quantizer fixed = Quantizer.of(descriptor.toBuilder().dynamic(false).build(), Layout.UNKNOWN);
    return Activation.dynamic(
        path,
        Optional.ofNullable(layer.preQuantScale(path)),
        axis,
        open::quantize,
        range ->
            fixed.withRange(
                    DenseFloats.array(new float[] {range.low()}, 1),
                    DenseFloats.array(new float[] {range.high()}, 1))
                ::quantize);
  }

  /** Returns the units of a bias in 32-bit integers, for the numbers of the layer. */
  private static float[] units(LayerState layer, INDArray weight, FloatLayer floats, int channels) {
    float[] units = new float[channels];
    Optional<String> input = layer.input().filter(path -> layer.descriptor(path) != null);
    if (input.filter(path -> !layer.isDynamic(path)).isEmpty()
        || layer.descriptor(layer.weight()) == null) {
      return units;
    }
    float scale = layer.scale(input.get());
    for (int c = 0; c < channels; c++) {
      INDArray channel = slice(weight, floats.channelAxis(), c, c + 1L);
      units[c] = scale * channel.amaxNumber().floatValue() / 127;
    }
    return units;
  }

  private static INDArray slice(INDArray x, int axis, long from, long to) {
    if (from == 0 && to == x.size(axis)) {
      return x;
    }
    var indices = new org.nd4j.linalg.indexing.INDArrayIndex[x.rank()];
    Arrays.fill(indices, org.nd4j.linalg.indexing.NDArrayIndex.all());
    indices[axis] = org.nd4j.linalg.indexing.NDArrayIndex.interval(from, to);
    return x.get(indices);
  }

  private static float[] copy(INDArray x) {
    return DenseFloats.of(x, "a tensor").copy();
  }

  /** Passes changed tensors to the nodes of their layers. */
  void tensors(
      StateFile stored, Map<String, String> originals, Map<String, OnnxMapping.Place> places) {
    new ChangedTensors(reference.graph(), stored, originals)
        .each(
            places,
            (node, input, values, shape) ->
                reference.constant(node.getName(), input, values, shape));
  }

  /** Gives a Gather the table that Bitfold has quantized. */
  void embedding(MappedNode gather) {
    TensorProto table = gather.weight();
    long[] shape = Tensors.shape(reference.graph().file(), table);
    float[] floats = Tensors.floats(reference.graph().file(), table);
    INDArray values = DenseFloats.array(floats, shape);
    INDArray quantized = options.packed(values).unpack();
    reference.constant(gather.name(), 0, copy(quantized), shape);
  }
}
