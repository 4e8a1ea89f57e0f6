package dev.bitfold;

import dev.bitfold.state.ModelShape;
import dev.bitfold.state.State;
import dev.bitfold.training.TrainedModel;
import java.util.Collections;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.learning.config.IUpdater;

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
  private final Map<String, String> folded;

  private Calibration(
      Replay<M> replay,
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Map<String, Double> smooth,
      Map<String, AlphaCurve> curves,
      Map<String, String> folded) {
    this.replay = replay;
    this.shape = shape;
    this.state = state;
    this.observations = observations;
    this.smooth = smooth;
    this.curves = Collections.unmodifiableMap(curves);
    this.folded = folded;
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
        replay,
        shape,
        state.withScales(SmoothQuantRun.scales(observations)),
        observations,
        smooth,
        Map.of(),
        Map.of());
  }

  /** Smooths the layers marked {@code @SmoothQuant} as their annotations say. */
  public Calibration<M> smoothQuant() {
    return smoothQuant(SmoothQuantOptions.annotated());
  }

  /**
   * Smooths the layers marked {@code @SmoothQuant}: each of their input channels is multiplied by a
   * factor, which the weights take over. Where {@code @SmoothInto} says what makes the input, all
   * layers that read it share the factors, and those are folded into what makes it. That the float
   * model stays what it was is proved on the calibration data.
   *
   * @throws IllegalStateException if no layer is marked, or the layers are smoothed already
   * @throws IllegalArgumentException if a layer cannot be smoothed, or nothing can be folded into a
   *     component with {@code @SmoothInto}
   * @throws CalibrationException if smoothing would change the float model; the message names the
   *     first layer that changes, and what was folded into
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
    SmoothQuantRun.Result result =
        new SmoothQuantRun<>(replay, shape, state, observations, smooth, options).run();
    return new Calibration<>(
        replay,
        shape,
        result.state(),
        result.observations(),
        smooth,
        result.curves(),
        result.folded());
  }

  /** The alpha curve of each smoothed layer, by path; empty before {@link #smoothQuant}. */
  public Map<String, AlphaCurve> alphas() {
    return curves;
  }

  /**
   * Trains the model with its quantizers in place, beginning with this calibration.
   *
   * @param updater any of ND4J's updaters: {@code new Adam(1e-3)}
   * @throws IllegalArgumentException if no layer declares {@code backward}, or a descriptor cannot
   *     be trained through; the message names layer and tensor
   * @throws IllegalStateException if a static quantizer was never reached by the calibration data,
   *     or a learned amax would begin with zero
   */
  public Training<M> train(IUpdater updater) {
    return train(updater, updater);
  }

  /**
   * The same with another updater for learned scales, which are of another size than weights.
   *
   * @param updater of weights and biases
   * @param scaleUpdater of learned scales
   */
  public Training<M> train(IUpdater updater, IUpdater scaleUpdater) {
    return new Training<>(
        replay.model(),
        replay.component(),
        TrainedModel.of(shape, state, updater, scaleUpdater),
        this::freeze);
  }

  private Quantized<M> freeze(State trained) {
    return Quantized.of(
        replay.model(),
        replay.component(),
        shape,
        trained,
        observations,
        new Summary.Smoothings(smooth.keySet(), curves, folded));
  }

  /**
   * The quantized model.
   *
   * @throws IllegalStateException if a static quantizer was never reached by the calibration data;
   *     the message names each
   */
  public Quantized<M> freeze() {
    return freeze(state);
  }
}
