package dev.bitfold;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.diagnosis.ComparisonRun;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.diagnosis.DiagnosisRun;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.diagnosis.SummaryBuilder;
import dev.bitfold.internal.replay.Observation;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.Descriptions;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Selection;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.training.Updaters;
import dev.bitfold.reconstruction.ReconstructionOptions;
import dev.bitfold.reconstruction.ReconstructionRun;
import dev.bitfold.reconstruction.Reconstructions;
import dev.bitfold.smoothquant.AlphaCurve;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import dev.bitfold.smoothquant.SmoothQuantRun;
import dev.bitfold.tuning.Advice;
import dev.bitfold.tuning.Adviser;
import dev.bitfold.tuning.Allocation;
import dev.bitfold.tuning.AllocationRun;
import dev.bitfold.tuning.Budget;
import dev.bitfold.tuning.Corrections;
import dev.bitfold.tuning.Sensitivity;
import dev.bitfold.tuning.SensitivityRun;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * Holds a model's calibration data in the form that its quantizers need. Immutable and safe for
 * concurrent use. Each method returns another object, so several settings can be compared after one
 * pass over the data. The float model must not change: methods that run it throw an {@link
 * IllegalStateException} that names the weights and biases that have changed.
 *
 * @param <M> the model
 */
public final class Calibration<M> {
  private final Replay<M> replay;
  private final ModelShape shape;

  /** The state before the corrections. */
  private final State calibrated;

  private final Corrections corrections;
  private final State state;
  private final Map<String, Observation> observations;
  private final Chosen chosen;

  private Calibration(
      Replay<M> replay,
      ModelShape shape,
      State calibrated,
      Corrections corrections,
      Map<String, Observation> observations,
      Chosen chosen) {
    this.replay = replay;
    this.shape = shape;
    this.calibrated = calibrated;
    this.corrections = corrections;
    this.state = corrections.of(replay, shape, calibrated);
    this.observations = observations;
    this.chosen = chosen;
  }

  static <M> Calibration<M> of(
      FirstPass.Result<M> seen, ModelShape shape, Descriptions descriptions, WeightAmax amax) {
    return new Calibration<>(
        seen.replay(),
        shape,
        State.FLOAT
            .withDescriptors(descriptions.descriptors())
            .withScales(SmoothQuantRun.scales(seen.observations())),
        Corrections.NONE.withDefault(amax),
        seen.observations(),
        Chosen.nothing(descriptions.smooth()));
  }

  /** Smooths the layers marked {@code @SmoothQuant} as their annotations say. */
  public Calibration<M> smoothQuant() {
    return smoothQuant(SmoothQuantOptions.annotated());
  }

  /**
   * Smooths the layers marked {@code @SmoothQuant}. Each input channel is multiplied by its
   * pre-quant scale, and the matching weights are divided by that scale. With {@code @SmoothInto},
   * all consumers of a source share one scale, which is folded into the source. Smoothing is
   * checked on the calibration data: the float model's outputs must not change.
   *
   * @throws IllegalStateException if no layer is marked, or the layers are smoothed already
   * @throws IllegalArgumentException if a layer cannot be smoothed, or nothing can be folded into a
   *     component with {@code @SmoothInto}
   * @throws CalibrationException if smoothing would change the float model; the message names the
   *     first layer that changes, and the source of the fold
   */
  public Calibration<M> smoothQuant(SmoothQuantOptions options) {
    Objects.requireNonNull(options, "options");
    chosen.smoothed().requireOpen();
    chosen.reconstructions().requireNone("call smoothQuant before reconstruct");
    replay.requireUnchanged();
    SmoothQuantRun.Result result = smoothing(options).run();
    SmoothQuantRun<M> search = smoothing(SmoothQuantOptions.searchAlpha());
    Chosen more = chosen.with(result.smoothed(), search::wholeCurves);
    return new Calibration<>(
        replay, shape, result.state(), corrections, result.observations(), more);
  }

  private SmoothQuantRun<M> smoothing(SmoothQuantOptions options) {
    return new SmoothQuantRun<>(
        replay,
        shape,
        calibrated,
        observations,
        chosen.smoothed().wanted(),
        other -> corrections.scaled(shape, other),
        options);
  }

  /**
   * Returns the calibration with codes and scales of weights chosen by what their layers compute,
   * not by rounding each weight. Layers that compute {@code x * W + b} or a convolution are
   * reconstructed, which the first batch is checked for; the bias takes up the mean error. No layer
   * becomes worse.
   *
   * <p>Call this method after {@link #smoothQuant} and {@link #skip}. A weight whose amax {@link
   * #weightAmax} has set is left.
   *
   * @throws IllegalStateException if no weight can be reconstructed, or they are already
   */
  public Calibration<M> reconstruct(ReconstructionOptions options) {
    Objects.requireNonNull(options, "options");
    chosen.reconstructions().requireNone("call reconstruct once");
    replay.requireNoPasses("reconstruct is not run on passes: calibrate on an Iterable");
    replay.requireUnchanged();
    State scaled = corrections.scaled(shape, calibrated);
    var result = new ReconstructionRun<>(replay, shape, calibrated, scaled, options).run();
    return with(result.state(), chosen.with(result.done()));
  }

  /** Returns how each weight was reconstructed; empty before {@link #reconstruct}. */
  public Reconstructions reconstructions() {
    return chosen.reconstructions();
  }

  /**
   * Returns the number of NaN and infinite values by path, with {@link
   * dev.bitfold.calibration.NonFinite#COUNT}.
   */
  public Map<String, Long> nonFinite() {
    return Observation.nonFinite(observations);
  }

  /** Returns the alpha curve of each smoothed layer, by path. Empty before {@link #smoothQuant}. */
  public Map<String, AlphaCurve> alphaCurves() {
    return chosen.smoothed().curves();
  }

  /**
   * Returns the calibration with a tensor, or all tensors of a layer, kept float.
   *
   * @param path the path of a tensor or a layer, or a pattern, as in {@link Plan#skip(String)}
   * @throws IllegalArgumentException if the path selects nothing that is quantized; the message
   *     lists similar paths
   */
  public Calibration<M> skip(String path) {
    return skip(Selection.of(path));
  }

  /** Returns the calibration with the layers of a class and of its subclasses kept float. */
  public Calibration<M> skip(Class<?> layers) {
    return skip(Selection.of(layers));
  }

  private Calibration<M> skip(Selection selection) {
    chosen.reconstructions().requireNone("call skip before reconstruct");
    chosen.requireNoFormats("call skip before within");
    Descriptions others =
        new Descriptions(calibrated.descriptors(), chosen.smoothed().wanted())
            .skip(shape, selection);
    return with(
        calibrated.restrictedTo(others.descriptors()),
        chosen.with(chosen.smoothed().withWanted(others.smooth())));
  }

  /**
   * Returns the calibration with a format for each integer weight, chosen so that all weights are
   * within a budget and the error of the model's output is least. Each weight is quantized alone to
   * see what it does to the output. The other settings of a weight, such as its granularity, stay.
   * {@link #allocation} tells what was chosen.
   *
   * <p>Call this method before {@link #reconstruct}. A weight whose amax is set is left.
   *
   * @throws IllegalArgumentException if the budget is too small, or there is no weight to choose
   *     for; the message has the smallest budget, or the reasons
   * @throws IllegalStateException if weights are reconstructed, or formats chosen, already
   */
  public Calibration<M> within(Budget budget) {
    Objects.requireNonNull(budget, "budget");
    chosen.reconstructions().requireNone("call within before reconstruct");
    chosen.requireNoFormats("call within once, on the calibration before");
    replay.requireUnchanged();
    AllocationRun.Result result =
        new AllocationRun<>(replay, shape, calibrated, corrections, budget).run();
    return with(calibrated.withDescriptors(result.descriptors()), chosen.with(result.allocation()));
  }

  /** Returns which format each weight got; empty before {@link #within}. */
  public Optional<Allocation> allocation() {
    return chosen.allocation();
  }

  /**
   * Returns the calibration with corrected biases in its quantized layers. The error that
   * quantization adds to the mean of an output channel is subtracted from the bias of that channel.
   * Each layer is measured alone, on its float inputs, over a sample of the calibration data (the
   * empirical bias correction of Nagel et al. 2019, "Data-Free Quantization Through Weight
   * Equalization and Bias Correction", section 4.2).
   *
   * <p>This method may be called before or after the others. Biases are always corrected for the
   * model that results from all of them. If an activation follows inside the layer, its mean error
   * is used, which corrects only a part. Layers in which no bias belongs to the output's channels
   * stay as they are; the log names them.
   *
   * @throws IllegalStateException if no quantized layer has a bias that is added to its output
   */
  public Calibration<M> correctBiases() {
    replay.requireUnchanged();
    return with(corrections.withBiases());
  }

  /**
   * Returns the calibration with an amax of the user's choice for each quantized weight whose amax
   * would be its largest magnitude. Affine weights do not change: they have a range instead.
   *
   * <p>This method may be called before or after {@link #smoothQuant} and {@link #correctBiases}.
   * The rule is given each weight as it will be, and is asked again if the weight changes.
   *
   * @throws IllegalArgumentException if an amax does not fit its weight; the message names the
   *     weight
   */
  public Calibration<M> weightAmax(WeightAmax rule) {
    return weightAmax(Selection.of("**"), rule);
  }

  /**
   * Does so for some weights. Of several rules for one weight, the last one counts.
   *
   * @param weights the path of a weight or a layer, or a pattern, as in {@link Plan#skip(String)}
   * @throws IllegalArgumentException also if there is no such weight; the message lists similar
   *     paths
   */
  public Calibration<M> weightAmax(String weights, WeightAmax rule) {
    return weightAmax(Selection.of(weights), rule);
  }

  /** Does so for the weights of a class of layers and of its subclasses. */
  public Calibration<M> weightAmax(Class<?> layers, WeightAmax rule) {
    return weightAmax(Selection.of(layers), rule);
  }

  private Calibration<M> weightAmax(Selection weights, WeightAmax rule) {
    Objects.requireNonNull(rule, "rule");
    return with(corrections.withWeightAmax(shape, calibrated, weights, rule));
  }

  private Calibration<M> with(Corrections other) {
    return new Calibration<>(replay, shape, calibrated, other, observations, chosen);
  }

  private Calibration<M> with(State other, Chosen more) {
    return new Calibration<>(replay, shape, other, corrections, observations, more);
  }

  /** Returns a diagnosis with whole alpha curves, as {@link #diagnose(Diagnosis.Curves)} does. */
  public Diagnosis diagnose() {
    return diagnose(Diagnosis.Curves.WHOLE);
  }

  /**
   * Returns how much each layer loses by quantization, measured in three passes over the
   * calibration data, and how far the model's output is from that of the float model, on a sample
   * of the data.
   *
   * @param curves the points of the alpha curves, if the layers are smoothed
   */
  public Diagnosis diagnose(Diagnosis.Curves curves) {
    Objects.requireNonNull(curves, "curves");
    replay.requireUnchanged();
    Summary summary =
        SummaryBuilder.of(shape, state, observations, chosen.applied())
            .withModelError(ComparisonRun.sampled(replay, () -> replay.rebuild(state, Tap.NONE)));
    return new DiagnosisRun<>(
            replay,
            shape,
            state,
            summary,
            alphaCurves(),
            chosen.smoothed().curves(curves == Diagnosis.Curves.WHOLE))
        .run();
  }

  /**
   * Returns the effect of quantizing one layer alone on the model's output, measured on a sample of
   * the calibration data. It takes one pass over the sample for each layer.
   */
  public Sensitivity sensitivity() {
    replay.requireUnchanged();
    return new SensitivityRun<>(replay, shape, state).run();
  }

  /** Returns advice for the layers that add more than 0.01 to the model's error. */
  public List<Advice> advise(int count) {
    return advise(count, Adviser.THRESHOLD);
  }

  /**
   * Returns changes of annotations for the layers that add most to the error of the model's output.
   * Each change was tried on a sample of the calibration data: first scales of finer granularity,
   * then more bits. The cheapest change that helps enough is recommended. If no change helps, the
   * advice is to keep the layer float. Empty if no layer is above the threshold.
   *
   * @param count the largest number of layers
   * @param threshold the relative error of the model's output, with one layer quantized and all
   *     others float, up to which that layer is left alone; 0 or more
   * @throws IllegalArgumentException if the count is negative, or the threshold negative or NaN
   */
  public List<Advice> advise(int count, double threshold) {
    Adviser.require(count, threshold);
    return new Adviser<>(replay, shape, state)
        .advise(diagnose(Diagnosis.Curves.TRIED), count, threshold);
  }

  /**
   * Returns a training of the model with its quantizers in place, which begins with this
   * calibration.
   *
   * @param updater any of ND4J's updaters: {@code new Adam(1e-3)}
   * @throws IllegalArgumentException if no layer declares {@code backward}, if a descriptor cannot
   *     be trained through, or if ND4J cannot create the updater, such as AdaBelief in version
   *     1.0.0-M2.1; the message names layer and tensor, or the updater
   * @throws IllegalStateException if the calibration data never reached a static quantizer, or if a
   *     learned amax would begin with zero
   */
  public Training<M> train(IUpdater updater) {
    return train(updater, updater);
  }

  /** Does so with another updater for learned scales, whose size differs from that of weights. */
  public Training<M> train(IUpdater updater, IUpdater scaleUpdater) {
    replay.requireUnchanged();
    return Training.of(
        replay.model(),
        replay.component(),
        shape,
        state,
        new Updaters(updater, scaleUpdater),
        observations,
        chosen.applied());
  }

  /**
   * Returns the quantized model. Its summary contains the error of the model's output, measured on
   * a sample of the calibration data.
   *
   * @throws IllegalStateException if the calibration data never reached a static quantizer, or if
   *     weights or biases of the float model have changed since {@code calibrate}
   */
  public Quantized<M> freeze() {
    replay.requireUnchanged();
    return Quantized.of(
        replay.model(),
        replay.component(),
        shape,
        state,
        observations,
        chosen.applied(),
        quantized -> ComparisonRun.sampled(replay, () -> quantized));
  }

  /** Returns the number of quantizers of each kind, and of smoothed layers. */
  @Override
  public String toString() {
    return "calibration of "
        + replay.model().getClass().getSimpleName()
        + " on "
        + Descriptions.count(replay.total().orElse(0), "batch")
        + ": "
        + chosen.smoothed().inWords(state);
  }
}
