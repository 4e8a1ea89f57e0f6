package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.replay.ChannelRange;
import dev.bitfold.internal.replay.Observation;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes one layer that can be smoothed: its input, the weights that this input is multiplied
 * by, and the channel statistics of both.
 *
 * @param input the quantized input whose layout names the channel
 * @param range the values that each channel of this input takes
 * @param inputAmax the largest absolute value of each input channel, over all layers that share the
 *     scale
 * @param weights the weights whose layout names the input channel, before smoothing
 * @param weightAmax the largest absolute weight of each input channel, of all layers that share the
 *     scale
 */
record Smoothing(
    TensorSite input,
    ChannelRange range,
    INDArray inputAmax,
    Map<TensorSite, INDArray> weights,
    INDArray weightAmax) {

  /**
   * Returns the smoothing of a layer.
   *
   * @throws IllegalArgumentException if the layer has not exactly one input that can be smoothed,
   *     or no weight that can be multiplied by the smoothing scale
   */
  static Smoothing of(ModelShape.Layer layer, TensorSite input, State state, ChannelRange range) {
    INDArray inputAmax = range.amax();
    Map<TensorSite, INDArray> weights = new LinkedHashMap<>();
    INDArray weightAmax = null;
    for (LayerTensor tensor : layer.type().tensors().values()) {
      INDArray held = layer.tensors().get(tensor.name());
      if (tensor.role() == TensorRole.WEIGHT && tensor.layout().has('I') && held != null) {
        TensorSite site = layer.site(tensor);
        INDArray weight = state.tensors().getOrDefault(site.path(), held);
        INDArray amax =
            ChannelAmax.ofWeight(weight, tensor.layout(), Math.toIntExact(inputAmax.length()));
        weights.put(site, weight);
        weightAmax = weightAmax == null ? amax : ChannelAmax.max(weightAmax, amax);
      }
    }
    if (weightAmax == null) {
      throw new IllegalArgumentException(
          layer.path() + " cannot be smoothed: no weight of it has a layout with the letter I");
    }
    return new Smoothing(input, range, inputAmax, weights, weightAmax);
  }

  /** Returns the quantized inputs of a layer whose layout names the channel. */
  static List<TensorSite> inputs(ModelShape.Layer layer, State state) {
    return layer.type().tensors().values().stream()
        .filter(t -> t.role() == TensorRole.INPUT && t.layout().has('C'))
        .map(layer::site)
        .filter(site -> state.descriptors().containsKey(site.path()))
        .toList();
  }

  /**
   * Returns the input of a layer that smoothing scales.
   *
   * @throws IllegalArgumentException if there is not exactly one
   */
  static TensorSite input(ModelShape.Layer layer, State state) {
    List<TensorSite> inputs = inputs(layer, state);
    if (inputs.size() != 1) {
      throw new IllegalArgumentException(
          layer.path()
              + " cannot be smoothed: it has "
              + inputs.size()
              + " quantized inputs whose layout names the channel C, and needs one");
    }
    return inputs.get(0);
  }

  /** Returns the state with this layer smoothed; the same state if alpha is off. */
  State apply(State state, Alpha alpha) {
    return alpha instanceof Alpha.Fixed fixed
        ? scaled(state, SmoothScales.of(inputAmax, weightAmax, fixed.value()))
        : state;
  }

  /**
   * Returns the state in which the input is multiplied by the pre-quant scale and the weights by
   * its inverse.
   */
  State scaled(State state, SmoothScales scales) {
    Map<String, INDArray> changed = new LinkedHashMap<>();
    weights.forEach(
        (site, weight) ->
            changed.put(site.path(), scales.smoothWeight(weight, site.tensor().layout())));
    State smoothed = state.withSmoothing(Map.of(input.path(), scales.preQuantScale()), changed);
    return smoothScale(state, scales)
        .map(scale -> smoothed.withScales(Map.of(input.path(), scale)))
        .orElse(smoothed);
  }

  /** Returns the scale of the smoothed input's quantizer; empty if the quantizer needs none. */
  Optional<CalibratedScale> smoothScale(State state, SmoothScales scales) {
    QuantDescriptor descriptor = state.descriptors().get(input.path());
    CalibratedScale scale = state.scales().get(input.path());
    return descriptor == null || scale == null
        ? Optional.empty()
        : Optional.of(smoothScale(scales, descriptor, scale));
  }

  /**
   * Returns the scale of the smoothed input. It is exact for {@link
   * dev.bitfold.annotations.Calib#MAX} with one scale or range for the tensor. For other
   * calibrators it is an estimate, and the input is calibrated again once alpha is chosen.
   */
  private CalibratedScale smoothScale(
      SmoothScales scales, QuantDescriptor descriptor, CalibratedScale scale) {
    if (Observation.isLargestOfChannels(input, descriptor)) {
      return range.smoothed(scales.preQuantScale()).whole();
    }
    return Observation.followsFromChannels(input, descriptor)
        ? range.smoothed(scales.preQuantScale()).wholeRange()
        : range.guess(scale, scales.preQuantScale(), input.tensor().layout());
  }
}
