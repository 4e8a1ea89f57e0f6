package dev.bitfold.smoothquant;

import dev.bitfold.internal.replay.ChannelRange;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Computes the smoothing scale that all consumers of a source share. The scale follows from the
 * largest input and the largest weights of any consumer, as in {@code smooth_ln_fcs} of
 * mit-han-lab/smoothquant. The pre-quant scale is folded into the source's weights and biases, so
 * that nothing remains to be done when the model runs.
 *
 * @param fold the source and its consumers
 * @param inputAmax the largest absolute value of each channel that any consumer has seen
 * @param consumers the consumers with a quantized input, by path, each with the shared statistics:
 *     their errors choose alpha
 */
record Folding(Fold fold, INDArray inputAmax, Map<String, Smoothing> consumers) {

  /**
   * Returns the folding of a fold.
   *
   * @param inputs the quantized inputs of consumers, by the consumer's path
   * @param ranges the values that each of their channels takes, by the consumer's path
   * @throws IllegalArgumentException if the inputs have other channels than the source's output
   */
  static Folding of(Fold fold, Map<String, TensorSite> inputs, Map<String, ChannelRange> ranges) {
    INDArray inputAmax =
        ranges.values().stream().map(ChannelRange::amax).reduce(ChannelAmax::max).orElseThrow();
    if (inputAmax.length() != fold.channels()) {
      throw new IllegalArgumentException(
          "@SmoothInto: "
              + fold.source().path()
              + " has "
              + fold.channels()
              + " output channels, and "
              + inputs.keySet()
              + " see "
              + inputAmax.length()
              + ": what stands between them must keep the channels");
    }
    int channels = Math.toIntExact(inputAmax.length());
    INDArray weightAmax =
        fold.weights().entrySet().stream()
            .map(w -> ChannelAmax.ofWeight(w.getValue(), w.getKey().tensor().layout(), channels))
            .reduce(ChannelAmax::max)
            .orElseThrow();
    Map<String, Smoothing> consumers = new LinkedHashMap<>();
    inputs.forEach(
        (path, input) -> {
          Map<TensorSite, INDArray> weights = new LinkedHashMap<>(fold.weights());
          weights.keySet().removeIf(weight -> !weight.layer().equals(path));
          ChannelRange range = Objects.requireNonNull(ranges.get(path));
          consumers.put(path, new Smoothing(input, range, inputAmax, weights, weightAmax));
        });
    return new Folding(fold, inputAmax, consumers);
  }

  /** Returns the scales of an alpha. */
  SmoothScales scales(double alpha) {
    return SmoothScales.of(inputAmax, consumers.values().iterator().next().weightAmax(), alpha);
  }

  /**
   * Returns the state in which the source is multiplied by the pre-quant scale and the consumers'
   * weights by its inverse.
   */
  State scaled(State state, SmoothScales scales) {
    Map<String, INDArray> changed = new LinkedHashMap<>();
    fold.into()
        .forEach(
            (site, held) ->
                changed.put(
                    site.path(),
                    scales.foldInto(
                        state.tensors().getOrDefault(site.path(), held), site.tensor().layout())));
    fold.weights()
        .forEach(
            (site, held) ->
                changed.put(
                    site.path(),
                    scales.smoothWeight(
                        state.tensors().getOrDefault(site.path(), held), site.tensor().layout())));
    Map<String, CalibratedScale> moved = new LinkedHashMap<>();
    for (Smoothing consumer : consumers.values()) {
      consumer
          .smoothScale(state, scales)
          .ifPresent(scale -> moved.put(consumer.input().path(), scale));
    }
    return state.withSmoothing(Map.of(), changed).withScales(moved);
  }
}
