package dev.bitfold;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.calibration.WeightAmax;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.diagnosis.ComparisonRun;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.diagnosis.DiagnosisRun;
import dev.bitfold.diagnosis.Summary;
import dev.bitfold.diagnosis.SummaryBuilder;
import dev.bitfold.internal.observation.Observation;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.Descriptions;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Selection;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.training.Updaters;
import dev.bitfold.smoothquant.AlphaCurve;
import dev.bitfold.smoothquant.SmoothQuantOptions;
import dev.bitfold.smoothquant.SmoothQuantRun;
import dev.bitfold.tuning.Advice;
import dev.bitfold.tuning.Adviser;
import dev.bitfold.tuning.Corrections;
import dev.bitfold.tuning.Sensitivity;
import dev.bitfold.tuning.SensitivityRun;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.nd4j.linalg.learning.config.IUpdater;

/**
 * A model that has seen its calibration data. Immutable and safe for concurrent use: each method
 * gives another object, so several settings can be compared on one pass over the data. The float
 * model must stay what it was: methods that measure it throw an {@link IllegalStateException} with
 * the names of weights and biases that have changed since.
 *
 * @param <M> the model
 */
public final class Calibration<M> {
  private final Replay<M> replay;
  private final ModelShape shape;

  /** Without the corrections. */
  private final State calibrated;

  private final Corrections corrections;
  private final State state;
  private final Map<String, Observation> observations;
  private final Map<String, Alpha> smooth;
  private final Map<String, AlphaCurve> curves;
  private final Map<String, String> folded;
  private final Supplier<Map<String, AlphaCurve>> wholeCurves;

  private Calibration(
      Replay<M> replay,
      ModelShape shape,
      State calibrated,
      Corrections corrections,
      Map<String, Observation> observations,
      Map<String, Alpha> smooth,
      Map<String, AlphaCurve> curves,
      Map<String, String> folded,
      Supplier<Map<String, AlphaCurve>> wholeCurves) {
    this.replay = replay;
    this.shape = shape;
    this.calibrated = calibrated;
    this.corrections = corrections;
    this.state = corrections.of(replay, shape, calibrated);
    this.observations = observations;
    this.smooth = smooth;
    this.curves = Collections.unmodifiableMap(curves);
    this.folded = folded;
    this.wholeCurves = wholeCurves;
  }

  static <M> Calibration<M> run(
      Replay<M> replay, ModelShape shape, Descriptions descriptions, NonFinite nonFinite) {
    State state = State.FLOAT.withDescriptors(descriptions.descriptors());
    FirstPass.Result<M> seen = new FirstPass<>(replay, shape, state, nonFinite).run();
    return new Calibration<>(
        seen.replay(),
        shape,
        state.withScales(SmoothQuantRun.scales(seen.observations())),
        Corrections.NONE,
        seen.observations(),
        descriptions.smooth(),
        Map.of(),
        Map.of(),
        Map::of);
  }

  /** Smooths the layers marked {@code @SmoothQuant} as their annotations say. */
  public Calibration<M> smoothQuant() {
    return smoothQuant(SmoothQuantOptions.annotated());
  }

  /**
   * Smooths the layers marked {@code @SmoothQuant}: multiplies each of their input channels by a
   * pre-quant scale, and divides the matching weights by it. With {@code @SmoothInto}, all
   * consumers of a source share one scale, which is folded into the source. Checks on the
   * calibration data that the float model's outputs do not change.
   *
   * @throws IllegalStateException if no layer is marked, or the layers are smoothed already
   * @throws IllegalArgumentException if a layer cannot be smoothed, or nothing can be folded into a
   *     component with {@code @SmoothInto}
   * @throws CalibrationException if smoothing would change the float model; the message names the
   *     first layer that changes, and what was folded into
   */
  public Calibration<M> smoothQuant(SmoothQuantOptions options) {
    Objects.requireNonNull(options, "options");
    if (smooth.isEmpty()) {
      throw new IllegalStateException(
          "no quantized layer is marked @SmoothQuant, and no recipe with it is in use: mark a layer,"
              + " or leave smoothQuant out");
    }
    if (!curves.isEmpty()) {
      throw new IllegalStateException(
          "the layers are smoothed already: call smoothQuant once, on the calibration that is not"
              + " smoothed yet");
    }
    replay.requireUnchanged();
    SmoothQuantRun.Result result =
        new SmoothQuantRun<>(replay, shape, calibrated, observations, smooth, options).run();
    return new Calibration<>(
        replay,
        shape,
        result.state(),
        corrections,
        result.observations(),
        smooth,
        result.curves(),
        result.folded(),
        () ->
            new SmoothQuantRun<>(
                    replay,
                    shape,
                    calibrated,
                    observations,
                    smooth,
                    SmoothQuantOptions.searchAlpha())
                .wholeCurves());
  }

  /**
   * The inputs and outputs that held NaN or infinity, by path, with the number of such values;
   * empty unless {@link NonFinite#COUNT} was asked for.
   */
  public Map<String, Long> nonFinite() {
    Map<String, Long> counts = new LinkedHashMap<>();
    observations.forEach(
        (path, seen) -> {
          if (seen.nonFinite() > 0) {
            counts.put(path, seen.nonFinite());
          }
        });
    return Collections.unmodifiableMap(counts);
  }

  /** The alpha curve of each smoothed layer, by path; empty before {@link #smoothQuant}. */
  public Map<String, AlphaCurve> alphas() {
    return curves;
  }

  /**
   * The same with tensors, or all tensors of layers, kept float.
   *
   * @param path of a quantized tensor or a layer, or a pattern, as for {@link Plan#skip(String)}
   * @throws IllegalArgumentException if nothing of that path is quantized; the message has the near
   *     ones
   */
  public Calibration<M> skip(String path) {
    return skip(Selection.of(path));
  }

  /** The same with the layers of a class and of its subclasses kept float. */
  public Calibration<M> skip(Class<?> layers) {
    return skip(Selection.of(layers));
  }

  private Calibration<M> skip(Selection selection) {
    Descriptions others = new Descriptions(calibrated.descriptors(), smooth).skip(shape, selection);
    Map<String, CalibratedScale> scales = new LinkedHashMap<>(calibrated.scales());
    scales.keySet().retainAll(others.descriptors().keySet());
    State without =
        new State(
            others.descriptors(),
            scales,
            calibrated.preScales(),
            calibrated.tensors(),
            calibrated.packed());
    return new Calibration<>(
        replay,
        shape,
        without,
        corrections,
        observations,
        others.smooth(),
        curves,
        folded,
        wholeCurves);
  }

  /**
   * Returns the same with the biases of quantized layers corrected: what quantization adds to the
   * mean of an output channel is taken from its bias. Every layer is measured alone, on its float
   * inputs, over a sample of the calibration data (the empirical bias correction of Nagel et al.
   * 2019, "Data-Free Quantization Through Weight Equalization and Bias Correction", section 4.2).
   *
   * <p>It may come before or after {@link #smoothQuant}, {@link #skip} and {@link #weightAmax}:
   * biases are corrected for the model as those make it.
   *
   * <p>The bias of the output, and the axis of the output's channels, are found by running the
   * float layers with some values of their biases raised: of several biases that one is corrected
   * which is added to the output. Where an activation follows inside the layer, the mean error
   * behind it is taken, which corrects a part. Layers without a bias, and those of which no bias
   * belongs to the output's channels, stay as they are; the latter are named in the log.
   *
   * @throws IllegalStateException if no quantized layer has a bias that is added to its output
   */
  public Calibration<M> correctBiases() {
    replay.requireUnchanged();
    return with(corrections.withBiases());
  }

  /**
   * The same with an amax of your own for each quantized weight that takes its scale from its
   * largest value, in place of that one. Affine weights stay as they are: they have a range.
   *
   * <p>It may come before or after {@link #smoothQuant} and {@link #correctBiases}: the rule sees
   * each weight as it will be quantized, and is asked again if that changes.
   *
   * @throws IllegalArgumentException if an amax does not fit its weight; the message names it
   */
  public Calibration<M> weightAmax(WeightAmax rule) {
    return weightAmax(Selection.of("**"), rule);
  }

  /**
   * The same for some weights. Of several rules for one weight the last one counts.
   *
   * @param weights the path of a weight or of a layer, or a pattern, as for {@link
   *     Plan#skip(String)}
   * @throws IllegalArgumentException as {@link #weightAmax(WeightAmax)}, or if there is no such
   *     weight; the message has the near ones
   */
  public Calibration<M> weightAmax(String weights, WeightAmax rule) {
    return weightAmax(Selection.of(weights), rule);
  }

  /** The same for the weights in the layers of a class and of its subclasses. */
  public Calibration<M> weightAmax(Class<?> layers, WeightAmax rule) {
    return weightAmax(Selection.of(layers), rule);
  }

  private Calibration<M> weightAmax(Selection weights, WeightAmax rule) {
    Objects.requireNonNull(rule, "rule");
    return with(corrections.withWeightAmax(shape, calibrated, weights, rule));
  }

  private Calibration<M> with(Corrections other) {
    return new Calibration<>(
        replay, shape, calibrated, other, observations, smooth, curves, folded, wholeCurves);
  }

  /** As {@link #diagnose(Diagnosis.Curves)} with whole curves. */
  public Diagnosis diagnose() {
    return diagnose(Diagnosis.Curves.WHOLE);
  }

  /**
   * Returns what each layer loses by quantization, and how far the model's output is from the float
   * model's. The layers are measured on the calibration data in three passes, the model on a sample
   * of it.
   *
   * @param curves which points the alpha curves have, if the layers are smoothed
   */
  public Diagnosis diagnose(Diagnosis.Curves curves) {
    Objects.requireNonNull(curves, "curves");
    replay.requireUnchanged();
    Summary summary =
        SummaryBuilder.of(shape, state, observations, smoothings())
            .withModelError(ComparisonRun.sampled(replay, () -> replay.rebuild(state, Tap.NONE)));
    return new DiagnosisRun<>(
            replay,
            shape,
            state,
            summary,
            this.curves,
            curves == Diagnosis.Curves.WHOLE ? wholeCurves.get() : this.curves)
        .run();
  }

  /**
   * Returns what quantizing one layer alone does to the model's output, on a sample of the
   * calibration data: as many passes as there are layers.
   */
  public Sensitivity sensitivity() {
    replay.requireUnchanged();
    return new SensitivityRun<>(replay, shape, state).run();
  }

  /** As {@link #advise(int, double)}, for layers that add more than 0.01 to the model's error. */
  public List<Advice> advise(int count) {
    return advise(count, Adviser.THRESHOLD);
  }

  /**
   * Returns what to change in the annotations of the layers that add most to the error of the
   * model's output. Each change was tried on a sample of the calibration data: scales of finer
   * granularity first, more bits next, the cheapest that helps enough; where none does, the advice
   * is to keep the layer float. Empty if no layer is above the threshold.
   *
   * @param count how many layers at most
   * @param threshold the relative error of the model's output, with one layer quantized and all
   *     others float, up to which that layer is left alone; 0 or more
   * @throws IllegalArgumentException if the threshold is negative or NaN
   */
  public List<Advice> advise(int count, double threshold) {
    if (!(threshold >= 0)) {
      throw new IllegalArgumentException("threshold = " + threshold + ": it is 0 or more");
    }
    return new Adviser<>(replay, shape, state)
        .advise(diagnose(Diagnosis.Curves.TRIED), count, threshold);
  }

  private Summary.Smoothings smoothings() {
    return Summary.Smoothings.of(smooth.keySet(), curves, folded);
  }

  /**
   * Trains the model with its quantizers in place, beginning with this calibration.
   *
   * @param updater any of ND4J's updaters: {@code new Adam(1e-3)}
   * @throws IllegalArgumentException if no layer declares {@code backward}, or a descriptor cannot
   *     be trained through; the message names layer and tensor. Also if ND4J cannot make the
   *     updater, as AdaBelief in its version 1.0.0-M2.1
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
    replay.requireUnchanged();
    return Training.of(
        replay.model(),
        replay.component(),
        shape,
        state,
        new Updaters(updater, scaleUpdater),
        observations,
        smoothings());
  }

  /**
   * The quantized model. The error of its output, which the summary has, is measured on a sample of
   * the calibration data.
   *
   * @throws IllegalStateException if a static quantizer was never reached by the calibration data,
   *     or weights or biases of the float model have changed since {@code calibrate}; the message
   *     names each
   */
  public Quantized<M> freeze() {
    replay.requireUnchanged();
    return Quantized.of(
        replay.model(),
        replay.component(),
        shape,
        state,
        observations,
        smoothings(),
        quantized -> ComparisonRun.sampled(replay, () -> quantized));
  }

  /** Returns one line: how many quantizers of which kind, and how many layers are smoothed. */
  @Override
  public String toString() {
    return "calibration of "
        + replay.model().getClass().getSimpleName()
        + " on "
        + Descriptions.count(replay.found().orElse(0), "batch")
        + ": "
        + new Descriptions(state.descriptors(), smooth).inWords(curves.size());
  }
}
