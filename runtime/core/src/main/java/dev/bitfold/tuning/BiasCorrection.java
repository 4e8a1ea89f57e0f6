package dev.bitfold.tuning;

import dev.bitfold.internal.replay.FloatCalls;
import dev.bitfold.internal.replay.FloatSample;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.replay.Stage;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.LayerTensor;
import dev.bitfold.layer.TensorRole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes the mean error of each output channel of quantized layers by their biases. Every layer
 * runs on its float inputs, so the errors of other layers have no effect. A {@link BiasProbe} finds
 * the bias of the output and the axis of the output's channels.
 *
 * @param replay the calibration data
 * @param state the state whose biases are corrected
 */
public record BiasCorrection<M>(Replay<M> replay, ModelShape shape, State state) {
  private static final Logger LOG = LoggerFactory.getLogger(BiasCorrection.class);

  /**
   * Returns the state with other biases.
   *
   * @throws IllegalStateException if no quantized layer has a bias that is added to its output; the
   *     message names the layers that have other biases
   */
  public State run() {
    Map<String, TensorSite> inputs = shape.quantizedInputs(state);
    inputs.keySet().removeIf(layer -> biases(layer).isEmpty());
    if (inputs.isEmpty()) {
      throw new IllegalStateException(
          "no quantized layer has a float bias to correct: leave correctBiases out");
    }
    List<FloatSample.Recorded<M>> sample = new ArrayList<>(FloatSample.of(replay, state, inputs));
    Map<String, List<BiasProbe>> probed = probe(inputs.keySet(), sample);
    Map<String, BiasProbe> corrected = new LinkedHashMap<>();
    Map<String, String> left = new LinkedHashMap<>();
    probed.forEach(
        (layer, probes) ->
            ofOutput(probes)
                .ifPresentOrElse(
                    probe -> corrected.put(layer, probe), () -> left.put(layer, reason(probes))));
    if (corrected.isEmpty()) {
      throw new IllegalStateException(
          "no quantized layer has a bias that is added to its output: "
              + String.join("; ", left.values()));
    }
    left.values().forEach(reason -> LOG.warn("Bitfold leaves biases uncorrected: {}", reason));
    return state.withChosen(corrected(corrected, sample));
  }

  private List<TensorSite> biases(String path) {
    ModelShape.Layer layer = Objects.requireNonNull(shape.layers().get(path));
    List<TensorSite> biases = new ArrayList<>();
    for (LayerTensor tensor : layer.type().tensors().values()) {
      TensorSite site = layer.site(tensor);
      if (tensor.role() == TensorRole.BIAS
          && shape.sites().containsKey(site.path())
          && !held(site).isEmpty()) {
        biases.add(site);
      }
    }
    return biases;
  }

  private INDArray held(TensorSite bias) {
    return held(bias, state);
  }

  private INDArray held(TensorSite bias, State some) {
    return shape.tensor(bias, some);
  }

  /** Probes the biases of all layers, the first of each in one pass, then the second of each. */
  private Map<String, List<BiasProbe>> probe(
      Set<String> layers, List<FloatSample.Recorded<M>> sample) {
    Map<String, List<BiasProbe>> probes = new LinkedHashMap<>();
    for (String layer : layers) {
      float largest = 0;
      for (FloatSample.Recorded<M> recorded : sample) {
        largest = Math.max(largest, recorded.calls().largest(layer));
      }
      List<BiasProbe> own = new ArrayList<>();
      for (TensorSite bias : biases(layer)) {
        own.add(new BiasProbe(bias, Math.toIntExact(held(bias).length()), largest));
      }
      probes.put(layer, own);
    }
    int rounds = probes.values().stream().mapToInt(List::size).max().orElse(0);
    Stage stage = replay.stage("probing biases", OptionalLong.of((long) rounds * sample.size()));
    for (int i = 0; i < rounds; i++) {
      Map<String, BiasProbe> round = new LinkedHashMap<>();
      for (Map.Entry<String, List<BiasProbe>> layer : probes.entrySet()) {
        if (i < layer.getValue().size()) {
          round.put(layer.getKey(), layer.getValue().get(i));
        }
      }
      Map<String, INDArray> raised = new LinkedHashMap<>();
      State floats = state.withoutQuantizers();
      round.values().forEach(p -> raised.put(p.bias().path(), p.raised(held(p.bias(), floats))));
      State other = floats.withSmoothing(Map.of(), raised);
      judge(
          other,
          sample,
          stage,
          (layer, expected, actual) -> {
            BiasProbe probe = round.get(layer);
            if (probe != null) {
              probe.observe(expected, actual);
            }
          });
    }
    stage.finish();
    return probes;
  }

  /** Returns the bias that is added to the output, or else the only bias that moves channels. */
  private static Optional<BiasProbe> ofOutput(List<BiasProbe> probes) {
    List<BiasProbe> moving = new ArrayList<>();
    for (BiasProbe probe : probes) {
      switch (probe.effect()) {
        case ADDED -> {
          return Optional.of(probe);
        }
        case MOVES_CHANNELS -> moving.add(probe);
        case OTHER -> {}
      }
    }
    return moving.size() == 1 ? Optional.of(moving.get(0)) : Optional.empty();
  }

  private String reason(List<BiasProbe> probes) {
    if (probes.stream().noneMatch(BiasProbe::isObserved)) {
      return probes.get(0).bias().layer() + " was not called";
    }
    return probes.stream()
            .map(probe -> probe.bias().describe(held(probe.bias()), null))
            .collect(Collectors.joining(" and "))
        + (probes.size() == 1 ? " is" : " are")
        + " not added to the layer's output, a value for each of its channels";
  }

  private Map<String, INDArray> corrected(
      Map<String, BiasProbe> layers, List<FloatSample.Recorded<M>> sample) {
    Map<String, ChannelErrors> errors = new LinkedHashMap<>();
    layers.forEach((layer, probe) -> errors.put(layer, new ChannelErrors(probe.channels())));
    Stage stage = replay.stage("correcting biases", OptionalLong.of(sample.size()));
    judge(
        state.onlyOf(layers.keySet()),
        sample,
        stage,
        (layer, expected, actual) -> {
          BiasProbe probe = layers.get(layer);
          if (probe != null) {
            Objects.requireNonNull(errors.get(layer))
                .add(expected, actual, probe.channels(expected.shape()));
          }
        });
    stage.finish();
    Map<String, INDArray> biases = new LinkedHashMap<>();
    layers.forEach(
        (layer, probe) ->
            biases.put(
                probe.bias().path(),
                Objects.requireNonNull(errors.get(layer)).corrected(held(probe.bias()))));
    return biases;
  }

  /**
   * Runs the model in another state over the sample, with each layer passing its float output on.
   */
  private void judge(
      State other, List<FloatSample.Recorded<M>> sample, Stage stage, FloatCalls.Errors errors) {
    FloatCalls.Judge judge = new FloatCalls.Judge(sample.get(0).calls(), errors);
    M model = replay.rebuild(other, judge);
    for (FloatSample.Recorded<M> recorded : sample) {
      judge.with(recorded.calls());
      recorded.batch().run(model);
      stage.advance();
    }
  }
}
