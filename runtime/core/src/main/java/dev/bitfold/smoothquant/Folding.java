package dev.bitfold.smoothquant;

import dev.bitfold.internal.observation.ChannelRange;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The one scale of all layers that read a source: from the largest input and the largest weights of
 * any of them, as in {@code smooth_ln_fcs} of mit-han-lab/smoothquant. The source's weights and
 * biases take the input's factor over, so that nothing is left to do when the model runs.
 *
 * @param fold the source and its readers
 * @param inputAmax the largest absolute value of each channel that any reader has seen
 * @param readers the readers with a quantized input, by path, each with the shared statistics:
 *     their errors choose alpha
 */
record Folding(Fold fold, INDArray inputAmax, Map<String, Smoothing> readers) {

  /**
   * @param inputs the quantized inputs of readers, by the reader's path
   * @param ranges the values that each of their channels takes, by the reader's path
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
    Map<String, Smoothing> readers = new LinkedHashMap<>();
    inputs.forEach(
        (path, input) -> {
          Map<TensorSite, INDArray> weights = new LinkedHashMap<>(fold.weights());
          weights.keySet().removeIf(weight -> !weight.layer().equals(path));
          ChannelRange range = Objects.requireNonNull(ranges.get(path));
          readers.put(path, new Smoothing(input, range, inputAmax, weights, weightAmax));
        });
    return new Folding(fold, inputAmax, readers);
  }

  /** The scales of an alpha. */
  SmoothScales scales(double alpha) {
    return SmoothScales.of(inputAmax, readers.values().iterator().next().weightAmax(), alpha);
  }

  /** The state with one side of the scales in the source, the other in the readers' weights. */
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
    for (Smoothing reader : readers.values()) {
      reader.smoothScale(state, scales).ifPresent(scale -> moved.put(reader.input().path(), scale));
    }
    return state.withSmoothing(Map.of(), changed).withScales(moved);
  }
}
