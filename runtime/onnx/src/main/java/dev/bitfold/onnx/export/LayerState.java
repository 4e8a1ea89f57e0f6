package dev.bitfold.onnx.export;

import dev.bitfold.annotations.Rounding;
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
 * Holds the quantized state of one layer.
 *
 * @param path the layer's path
 * @param file the state of the model
 * @param originals the SHA-256 of the float model's weights and biases by path, as far as they are
 *     known
 */
record LayerState(String path, StateFile file, Map<String, String> originals) {
  /** Returns the layer of a tensor. */
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

  /** Returns the path of the layer's weight. */
  String weight() {
    return only(TensorRole.WEIGHT)
        .orElseThrow(() -> new IllegalArgumentException("layer " + path + " has no weight"));
  }

  /** Returns the path of the layer's bias. */
  Optional<String> bias() {
    return only(TensorRole.BIAS);
  }

  /** Returns the path of the layer's output. */
  String output() {
    return only(TensorRole.OUTPUT).orElse(path + ".output");
  }

  /** Returns the path of the only input that is quantized or smoothed; empty if there is none. */
  Optional<String> input() {
    List<String> found = of(TensorRole.INPUT);
    found.removeIf(
        tensor ->
            !state().descriptors().containsKey(tensor)
                && !state().preQuantScales().containsKey(tensor));
    if (found.size() > 1) {
      throw new IllegalArgumentException(
          "layer " + path + " has " + found.size() + " quantized inputs, and a node reads one");
    }
    return found.stream().findFirst();
  }

  /** Returns whether the layer has an input, but none that is quantized. */
  boolean hasFloatInput() {
    List<String> inputs = of(TensorRole.INPUT);
    return !inputs.isEmpty() && inputs.stream().allMatch(input -> descriptor(input) == null);
  }

  Schema.Entry entry(String tensor) {
    return file.schema().entry(tensor);
  }

  @Nullable QuantDescriptor descriptor(String tensor) {
    return state().descriptors().get(tensor);
  }

  /**
   * Returns the pre-quant scale of an input, one factor for each channel; null if there is none.
   */
  @Nullable INDArray preQuantScale(String tensor) {
    return state().preQuantScales().get(tensor);
  }

  /**
   * Returns the weight packed into the bits of its format.
   *
   * @param original the float weight, which is used if the state holds none
   * @param options whether 8-bit integers get 7 bits, and how they are rounded
   */
  PackedTensor packed(INDArray original, OnnxOptions options) {
    String weight = weight();
    QuantDescriptor descriptor = java.util.Objects.requireNonNull(descriptor(weight));
    PackedTensor packed = state().packed().get(weight);
    if (options.runtimeRounding()) {
      boolean given = packed != null || state().scales().containsKey(weight);
      INDArray changed = state().tensors().get(weight);
      return new RuntimeRounding(weight, descriptor, entry(weight).layout(), given)
          .pack(changed != null ? changed : original, options.reducedRange());
    }
    boolean narrow =
        options.reducedRange()
            && descriptor.format().integers().filter(f -> f.bits() == 8).isPresent();
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

  /** Returns a weight or bias that differs from that of the model. */
  @Nullable INDArray changed(String tensor) {
    return state().tensors().get(tensor);
  }

  /**
   * Returns whether an input gets its scale and zero point from each tensor, as
   * DynamicQuantizeLinear does.
   *
   * @throws IllegalArgumentException if it gets them in another way
   */
  boolean isDynamic(String tensor) {
    QuantDescriptor descriptor = descriptor(tensor);
    if (descriptor == null || !descriptor.dynamic()) {
      return false;
    }
    boolean whole =
        descriptor.axis().isEmpty()
            && descriptor.per().isEmpty()
            && descriptor.blockSizes().isEmpty();
    boolean bytes = descriptor.format().integers().filter(f -> f.bits() == 8).isPresent();
    boolean even = descriptor.rounding() == Rounding.HALF_EVEN && !descriptor.narrowRange();
    if (!whole || !bytes || !even || !descriptor.affine()) {
      throw new IllegalArgumentException(
          tensor
              + " ("
              + descriptor
              + ") takes its scale from each tensor in another way than ONNX's"
              + " DynamicQuantizeLinear: that has 8 bits, and one scale and zero point for the"
              + " whole tensor, as Recipe.ONNX_DYNAMIC and"
              + " QuantDescriptor.builder().bits(8).unsigned(true).affine(true).dynamic(true) do");
    }
    return true;
  }

  /**
   * Returns the quantizer of a static input or output.
   *
   * @throws IllegalArgumentException if its scale is dynamic
   */
  Quantizer quantizer(String tensor) {
    return quantizer(tensor, entry(tensor).layout());
  }

  /**
   * Returns the quantizer as {@link #quantizer(String)} does, for tensors of another layout, such
   * as those of a node.
   */
  Quantizer quantizer(String tensor, Layout layout) {
    QuantDescriptor descriptor = java.util.Objects.requireNonNull(descriptor(tensor));
    if (descriptor.dynamic() || !descriptor.blockSizes().isEmpty()) {
      throw new IllegalArgumentException(
          tensor
              + " ("
              + descriptor
              + ") takes its scale from each tensor as it is; QuantizeLinear takes a calibrated one"
              + " for the whole tensor");
    }
    Quantizer quantizer = Quantizer.of(descriptor, layout);
    CalibratedScale scale = state().scales().get(tensor);
    return scale == null ? quantizer : scale.fix(quantizer);
  }

  /**
   * Returns the scale and zero point of a static input or output.
   *
   * @throws IllegalArgumentException if it is dynamic, has more than one scale, or does not round
   *     as ONNX does
   */
  ActivationScale activation(String tensor) {
    Quantizer quantizer = quantizer(tensor);
    String what = tensor + " (" + quantizer.descriptor() + ")";
    return ActivationScale.of(what, probe(tensor, quantizer), isZero(quantizer, one(tensor)));
  }

  /** Returns the difference between adjacent codes of a static input or output. */
  float scale(String tensor) {
    return probe(tensor, quantizer(tensor)).multipliers()[0];
  }

  private long[] one(String tensor) {
    long[] one = new long[Math.max(1, entry(tensor).layout().namedAxes())];
    java.util.Arrays.fill(one, 1);
    return one;
  }

  private PackedTensor probe(String tensor, Quantizer quantizer) {
    try {
      return quantizer.pack(Nd4j.zeros(one(tensor)));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          tensor
              + " ("
              + quantizer.descriptor()
              + ") keeps a scale for each channel; activations take one for the tensor",
          e);
    }
  }

  /**
   * Returns whether a quantizer turns every value into 0, such as one that was calibrated on zeros.
   */
  private static boolean isZero(Quantizer quantizer, long[] shape) {
    boolean positive =
        quantizer.quantize(Nd4j.valueArrayOf(shape, Float.MAX_VALUE)).maxNumber().floatValue() == 0;
    boolean signed = !quantizer.descriptor().unsigned() || quantizer.descriptor().affine();
    return positive
        && (!signed
            || quantizer
                    .quantize(Nd4j.valueArrayOf(shape, -Float.MAX_VALUE))
                    .minNumber()
                    .floatValue()
                == 0);
  }

  /** Returns the SHA-256 of a weight or bias of the float model; empty if it is not known. */
  Optional<String> original(String tensor) {
    return Optional.ofNullable(originals.get(tensor))
        .or(() -> Optional.ofNullable(file.weights().get(tensor)));
  }
}
