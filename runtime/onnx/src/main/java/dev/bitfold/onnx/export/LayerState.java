package dev.bitfold.onnx.export;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.WeightQuantizer;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.storage.Schema;
import dev.bitfold.storage.StateFile;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * What the state of a quantized model says about one layer.
 *
 * @param path the layer's path
 * @param file the state
 */
record LayerState(String path, StateFile file) {
  /** The layer of a tensor. */
  static String layerOf(String tensor) {
    int dot = tensor.lastIndexOf('.');
    return dot < 0 ? "" : tensor.substring(0, dot);
  }

  private State state() {
    return file.state();
  }

  private List<String> of(TensorRole role) {
    List<String> found = new ArrayList<>();
    for (String tensor : file.schema().tensors().keySet()) {
      if (layerOf(tensor).equals(path) && file.schema().entry(tensor).role() == role) {
        found.add(tensor);
      }
    }
    return found;
  }

  private Optional<String> only(TensorRole role) {
    List<String> found = of(role);
    if (found.size() > 1) {
      throw new IllegalArgumentException(
          "layer "
              + path
              + " has "
              + found.size()
              + " tensors of the role "
              + role
              + ", "
              + found
              + ", and one node has one");
    }
    return found.stream().findFirst();
  }

  /** The path of the layer's weight. */
  String weight() {
    return only(TensorRole.WEIGHT)
        .orElseThrow(() -> new IllegalArgumentException("layer " + path + " has no weight"));
  }

  /** The path of the layer's bias. */
  Optional<String> bias() {
    return only(TensorRole.BIAS);
  }

  /** The path of the layer's output. */
  String output() {
    return only(TensorRole.OUTPUT).orElse(path + ".output");
  }

  /** The path of the only input that is quantized or smoothed; empty if none is. */
  Optional<String> input() {
    List<String> found = of(TensorRole.INPUT);
    found.removeIf(
        tensor ->
            !state().descriptors().containsKey(tensor) && !state().preScales().containsKey(tensor));
    if (found.size() > 1) {
      throw new IllegalArgumentException(
          "layer " + path + " has " + found.size() + " quantized inputs, and a node reads one");
    }
    return found.stream().findFirst();
  }

  Schema.Entry entry(String tensor) {
    return file.schema().entry(tensor);
  }

  @Nullable QuantDescriptor descriptor(String tensor) {
    return state().descriptors().get(tensor);
  }

  /** What an input is multiplied by, a factor per channel; null if it is not. */
  @Nullable INDArray preScale(String tensor) {
    return state().preScales().get(tensor);
  }

  /**
   * The weight in the bits of its format.
   *
   * @param original the float weight, taken where the state holds none
   * @param reduced whether 8-bit integers get 7 bits
   */
  PackedTensor packed(INDArray original, boolean reduced) {
    String weight = weight();
    QuantDescriptor descriptor = java.util.Objects.requireNonNull(descriptor(weight));
    PackedTensor packed = state().packed().get(weight);
    boolean narrow = reduced && descriptor.bits().equals(List.of(8));
    if (packed != null && !narrow) {
      return packed;
    }
    INDArray held = state().tensors().get(weight);
    INDArray master = packed != null ? packed.unpack() : held != null ? held : original;
    QuantDescriptor used = narrow ? descriptor.toBuilder().bits(7).build() : descriptor;
    CalibratedScale scale = state().scales().get(weight);
    return WeightQuantizer.of(Quantizer.of(used, entry(weight).layout()), master, scale)
        .pack(master);
  }

  /** A weight or bias that differs from the model's own. */
  @Nullable INDArray changed(String tensor) {
    return state().tensors().get(tensor);
  }

  /**
   * The scale and zero point of a static input or output.
   *
   * @throws IllegalArgumentException if it is dynamic, or has more than one scale
   */
  ActivationScale activation(String tensor) {
    QuantDescriptor descriptor = java.util.Objects.requireNonNull(descriptor(tensor));
    String what = tensor + " (" + descriptor + ")";
    if (descriptor.dynamic() || !descriptor.blockSizes().isEmpty()) {
      throw new IllegalArgumentException(
          what
              + " takes its scale from each tensor as it is; QuantizeLinear takes a calibrated one"
              + " for the whole tensor");
    }
    Layout layout = entry(tensor).layout();
    Quantizer quantizer = Quantizer.of(descriptor, layout);
    CalibratedScale scale = state().scales().get(tensor);
    if (scale != null) {
      quantizer = scale.fix(quantizer);
    }
    long[] one = new long[Math.max(1, layout.namedAxes())];
    java.util.Arrays.fill(one, 1);
    PackedTensor probe;
    try {
      probe = quantizer.pack(Nd4j.zeros(one));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          what + " keeps a scale for each channel; activations take one for the tensor", e);
    }
    return ActivationScale.of(what, probe);
  }

  /** The SHA-256 of each weight and bias that is the float model's own. */
  Map<String, String> hashes() {
    return file.weights();
  }
}
