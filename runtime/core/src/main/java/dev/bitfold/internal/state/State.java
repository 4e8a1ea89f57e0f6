package dev.bitfold.internal.state;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.PackedTensor;
import dev.bitfold.tensor.Workspaces;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds everything that distinguishes a quantized model from the float model, by tensor path.
 * Immutable: its arrays are never written to.
 *
 * @param descriptors how each quantized tensor is quantized
 * @param scales the calibrated scale of each static input and output
 * @param preQuantScales the pre-quant scale of each smoothed input, one factor for each channel
 * @param tensors the weights and biases that differ from those of the model
 * @param packed the quantized weights that are held in the bits of their format
 * @param replaced what the float model has where {@code tensors} were chosen for the quantized
 *     model alone, such as corrected biases; empty if that is the model's own tensor
 */
public record State(
    Map<String, QuantDescriptor> descriptors,
    Map<String, CalibratedScale> scales,
    Map<String, INDArray> preQuantScales,
    Map<String, INDArray> tensors,
    Map<String, PackedTensor> packed,
    Map<String, Optional<INDArray>> replaced) {
  /** The float model itself. */
  public static final State FLOAT =
      new State(Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

  /** Copies the maps, keeping their order, and takes their arrays out of the caller's workspace. */
  public State {
    descriptors = copy(descriptors);
    scales = copy(scales);
    preQuantScales = detached(preQuantScales);
    tensors = detached(tensors);
    packed = copy(packed);
    replaced = copy(replaced);
  }

  /** Returns this state with other descriptors. */
  public State withDescriptors(Map<String, QuantDescriptor> other) {
    return new State(other, scales, preQuantScales, tensors, packed, replaced);
  }

  /** Returns this state with only the quantizers of these layers; the other layers stay float. */
  public State onlyOf(Set<String> layers) {
    Map<String, QuantDescriptor> some = new LinkedHashMap<>(descriptors);
    some.keySet().removeIf(path -> !layers.contains(TensorSite.layerOf(path)));
    return withDescriptors(some);
  }

  /** Returns this state with some of its quantizers, and only their scales. */
  public State restrictedTo(Map<String, QuantDescriptor> some) {
    Map<String, CalibratedScale> kept = new LinkedHashMap<>(scales);
    kept.keySet().retainAll(some.keySet());
    return new State(some, kept, preQuantScales, tensors, packed, replaced);
  }

  /** Returns this state with these scales, which replace those of the same tensors. */
  public State withScales(Map<String, CalibratedScale> more) {
    return new State(descriptors, merged(scales, more), preQuantScales, tensors, packed, replaced);
  }

  /**
   * Returns this state with these pre-quant scales, and tensors of the float model, which replace
   * earlier ones.
   */
  public State withSmoothing(Map<String, INDArray> factors, Map<String, INDArray> changed) {
    return new State(
        descriptors,
        scales,
        merged(preQuantScales, factors),
        merged(tensors, changed),
        packed,
        replaced);
  }

  /** Returns this state with tensors that only the quantized model has. */
  public State withChosen(Map<String, INDArray> chosen) {
    Map<String, Optional<INDArray>> floats = new LinkedHashMap<>();
    chosen.keySet().forEach(path -> floats.put(path, Optional.ofNullable(tensors.get(path))));
    floats.putAll(replaced);
    return new State(descriptors, scales, preQuantScales, merged(tensors, chosen), packed, floats);
  }

  /**
   * Returns this state with packed weights.
   *
   * @param floats all weights and biases that are not packed
   */
  public State withPacked(Map<String, PackedTensor> weights, Map<String, INDArray> floats) {
    return new State(descriptors, scales, preQuantScales, floats, weights, replaced);
  }

  /** Returns this state without what the float model has in place of chosen tensors. */
  State alone() {
    return new State(descriptors, scales, preQuantScales, tensors, packed, Map.of());
  }

  /** Returns the state of the same model in float: smoothed, but not quantized. */
  public State withoutQuantizers() {
    Map<String, INDArray> floats = new LinkedHashMap<>(tensors);
    replaced.forEach(
        (path, tensor) ->
            tensor.ifPresentOrElse(own -> floats.put(path, own), () -> floats.remove(path)));
    return new State(Map.of(), Map.of(), preQuantScales, floats, Map.of(), Map.of());
  }

  private static Map<String, INDArray> detached(Map<String, INDArray> map) {
    Map<String, INDArray> detached = new LinkedHashMap<>();
    map.forEach((path, array) -> detached.put(path, Workspaces.detached(array)));
    return Collections.unmodifiableMap(detached);
  }

  private static <T> Map<String, T> copy(Map<String, T> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  private static <T> Map<String, T> merged(Map<String, T> map, Map<String, T> more) {
    Map<String, T> all = new LinkedHashMap<>(map);
    all.putAll(more);
    return all;
  }
}
