package dev.bitfold;

import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.state.CalibratedScale;
import dev.bitfold.state.ModelShape;
import dev.bitfold.state.State;
import dev.bitfold.state.TensorSite;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A model that has seen its calibration data. Immutable and safe for concurrent use: each method
 * gives another object, so several settings can be compared on one pass over the data.
 *
 * @param <M> the model
 */
public final class Calibration<M> {
  private final Replay<M> replay;
  private final ModelShape shape;
  private final State state;
  private final Map<String, Observation> observations;
  private final Map<String, Double> smooth;
  private final Map<String, AlphaCurve> curves;

  private Calibration(
      Replay<M> replay,
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Map<String, Double> smooth,
      Map<String, AlphaCurve> curves) {
    this.replay = replay;
    this.shape = shape;
    this.state = state;
    this.observations = observations;
    this.smooth = smooth;
    this.curves = Collections.unmodifiableMap(curves);
  }

  static <M> Calibration<M> run(
      Replay<M> replay, ModelShape shape, State state, Map<String, Double> smooth) {
    Observer observer = new Observer(state);
    M observed = replay.rebuild(State.FLOAT, observer);
    boolean[] first = {true};
    replay.each(
        "calibrating",
        batch -> {
          INDArray output = batch.run(observed);
          if (first[0]) {
            Faithfulness.check(replay, shape, batch, output);
            first[0] = false;
          }
        });
    replay.requireRepeatable();
    Map<String, Observation> observations = observer.observations();
    return new Calibration<>(
        replay, shape, state.withScales(scales(observations)), observations, smooth, Map.of());
  }

  /** Smooths the layers marked {@code @SmoothQuant} as their annotations say. */
  public Calibration<M> smoothQuant() {
    return smoothQuant(SmoothQuantOptions.annotated());
  }

  /**
   * Smooths the layers marked {@code @SmoothQuant}: each of their input channels is multiplied by a
   * factor, which the weights take over. That the float model stays what it was is proved on the
   * calibration data.
   *
   * @throws IllegalStateException if no layer is marked, or the layers are smoothed already
   * @throws IllegalArgumentException if a layer cannot be smoothed
   * @throws CalibrationException if smoothing would change the float model
   */
  public Calibration<M> smoothQuant(SmoothQuantOptions options) {
    if (smooth.isEmpty()) {
      throw new IllegalStateException(
          "no layer is marked @SmoothQuant, and no recipe with it is in use");
    }
    if (!curves.isEmpty()) {
      throw new IllegalStateException(
          "the layers are smoothed already; start from the calibration before");
    }
    Map<String, Smoothing> layers = new LinkedHashMap<>();
    Map<String, List<Double>> candidates = new LinkedHashMap<>();
    smooth.forEach(
        (path, alpha) -> {
          layers.put(path, smoothing(path));
          candidates.put(path, options.candidates(alpha));
        });
    Map<String, AlphaCurve> found = new AlphaSearch<>(replay, state, layers, candidates).run();
    State smoothed = state;
    for (Map.Entry<String, AlphaCurve> curve : found.entrySet()) {
      smoothed =
          Optional.ofNullable(layers.get(curve.getKey()))
              .orElseThrow()
              .apply(smoothed, curve.getValue().best());
    }
    new SmoothingProof<>(replay, layers).check(state, smoothed);
    return new Calibration<>(replay, shape, recalibrated(smoothed), observations, smooth, found);
  }

  /**
   * Calibrates the smoothed inputs again whose amax does not follow from that of their channels.
   */
  private State recalibrated(State smoothed) {
    Map<String, QuantDescriptor> again = new LinkedHashMap<>();
    for (String path : smoothed.preScales().keySet()) {
      QuantDescriptor descriptor = smoothed.descriptors().get(path);
      TensorSite site = shape.sites().get(path);
      if (descriptor != null
          && site != null
          && descriptor.needsCalibration()
          && !Observation.isLargestOfChannels(site, descriptor)) {
        again.put(path, descriptor);
      }
    }
    if (again.isEmpty()) {
      return smoothed;
    }
    Observer observer = new Observer(smoothed.withDescriptors(again));
    M floats = replay.rebuild(smoothed.withoutQuantizers(), observer);
    replay.each("calibrating smoothed inputs", batch -> batch.run(floats));
    return smoothed.withScales(scales(observer.observations()));
  }

  private static Map<String, CalibratedScale> scales(Map<String, Observation> observations) {
    Map<String, CalibratedScale> scales = new LinkedHashMap<>();
    observations.forEach((path, seen) -> seen.scale().ifPresent(s -> scales.put(path, s)));
    return scales;
  }

  private Smoothing smoothing(String path) {
    ModelShape.Layer layer = Optional.ofNullable(shape.layers().get(path)).orElseThrow();
    TensorSite input = Smoothing.input(layer, state);
    INDArray amax =
        Optional.ofNullable(observations.get(input.path()))
            .flatMap(Observation::channelAmax)
            .orElseThrow(
                () ->
                    new CalibrationException(
                        input.describe(null, state.descriptors().get(input.path()))
                            + " was never reached by the calibration data, so it cannot be"
                            + " smoothed"));
    return Smoothing.of(layer, input, state, amax);
  }

  /** The alpha curve of each smoothed layer, by path; empty before {@link #smoothQuant}. */
  public Map<String, AlphaCurve> alphas() {
    return curves;
  }

  /**
   * The quantized model.
   *
   * @throws IllegalStateException if a static quantizer was never reached by the calibration data;
   *     the message names each
   */
  public Quantized<M> freeze() {
    return Quantized.of(
        replay.model(), replay.component(), shape, state, observations, curves, smooth.keySet());
  }
}
