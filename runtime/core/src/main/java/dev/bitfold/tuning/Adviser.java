package dev.bitfold.tuning;

import dev.bitfold.annotations.Role;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.diagnosis.Diagnosis;
import dev.bitfold.diagnosis.DiagnosisRun;
import dev.bitfold.diagnosis.Figures;
import dev.bitfold.internal.replay.FloatSample;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.replay.Stage;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;

/**
 * Finds changes for the layers that add most to the model's error, and tries them: scales of finer
 * granularity and more bits for the layer's tensors. It chooses the cheapest change that brings the
 * layer below the threshold, or finer scales that remove most of the error. If nothing helps, the
 * layer is kept float.
 */
public final class Adviser<M> {
  /** The error that a layer may add to the model unless the caller gives another threshold. */
  public static final double THRESHOLD = 0.01;

  /**
   * A change that stays above the threshold is worth its price if it reduces the error to this
   * share.
   */
  private static final double WORTH = 0.7;

  /** Finer scales cost almost nothing, so they suffice if they reduce the error to this share. */
  private static final double ENOUGH = 0.25;

  private final Replay<M> replay;
  private final ModelShape shape;
  private final State state;
  private final List<FloatSample.Recorded<M>> sample;
  private final ModelError<M> error;

  /**
   * Checks what advice is asked for.
   *
   * @throws IllegalArgumentException if the count is negative, or the threshold negative or NaN
   */
  public static void require(int count, double threshold) {
    if (count < 0) {
      throw new IllegalArgumentException("count = " + count + ": it must be 0 or more");
    }
    if (!(threshold >= 0)) {
      throw new IllegalArgumentException("threshold = " + threshold + ": it must be 0 or more");
    }
  }

  public Adviser(Replay<M> replay, ModelShape shape, State state) {
    this.replay = replay;
    this.shape = shape;
    this.state = state;
    this.sample = FloatSample.of(replay, state, shape.quantizedInputs(state));
    this.error = new ModelError<>(replay, state, FloatSample.batches(sample));
  }

  /**
   * Holds a remedy that was tried.
   *
   * @param remedy the remedy; empty for a layer that is kept float
   * @param error the error of the model with only this layer quantized
   */
  private record Tried(Remedy remedy, double error) {}

  /**
   * Returns advice for the layers that add most to the model's error, starting with the worst.
   *
   * @param count the largest number of layers
   * @param threshold a layer is left alone if it adds no more than this to the model's relative
   *     error
   */
  public List<Advice> advise(Diagnosis diagnosis, int count, double threshold) {
    Map<String, Map<String, QuantDescriptor>> layers = ModelError.byLayer(state);
    Stage stage = replay.stage("trying changes", OptionalLong.empty());
    Map<String, Double> alone = new LinkedHashMap<>();
    layers.forEach(
        (layer, descriptors) ->
            alone.put(layer, error.of(state.withDescriptors(descriptors), stage::advance)));
    List<String> worst =
        alone.keySet().stream()
            .filter(layer -> error(alone, layer) > threshold)
            .sorted(Comparator.comparingDouble((String layer) -> error(alone, layer)).reversed())
            .limit(count)
            .toList();
    Map<String, Tried> chosen = new LinkedHashMap<>();
    State changed = state;
    for (String layer : worst) {
      State only = state.withDescriptors(Objects.requireNonNull(layers.get(layer)));
      Tried tried = choose(layer, only, error(alone, layer), threshold, stage);
      chosen.put(layer, tried);
      changed = tried.remedy().in(changed);
    }
    Map<String, Double> before = DiagnosisRun.errors(replay, shape, state, sample);
    Map<String, Double> after = DiagnosisRun.errors(replay, shape, changed, sample);
    List<Advice> advice = new ArrayList<>();
    chosen.forEach(
        (layer, tried) ->
            advice.add(
                new Advice(
                    layer,
                    annotation(layer, tried.remedy()),
                    reason(diagnosis.layer(layer).orElseThrow()),
                    tried.remedy().describe(),
                    before.getOrDefault(layer, 0.0),
                    tried.remedy().isFloat() ? 0 : after.getOrDefault(layer, 0.0),
                    error(alone, layer),
                    tried.error(),
                    tried.remedy().bytes())));
    return advice;
  }

  private static double error(Map<String, Double> alone, String layer) {
    return Objects.requireNonNull(alone.get(layer));
  }

  /**
   * Returns the cheapest remedy that is below the threshold or worth its price. If there is none,
   * returns the best remedy if it is worth its price, and otherwise float.
   */
  private Tried choose(String layer, State only, double old, double threshold, Stage stage) {
    Map<String, Tried> bestOfTensor = new LinkedHashMap<>();
    List<Remedy> singles = new ArrayList<>();
    for (TensorSite site : shape.sites().values()) {
      if (site.layer().equals(layer)) {
        singles.addAll(Remedy.of(site, shape, state));
      }
    }
    singles.sort(Comparator.comparingLong(Remedy::bytes));
    for (Remedy remedy : singles) {
      Tried tried = new Tried(remedy, error.of(remedy.in(only), stage::advance));
      if (tried.error() <= threshold
          || (remedy.keepsFormats(state) && tried.error() <= ENOUGH * old)) {
        return tried;
      }
      String tensor = remedy.describe().keySet().iterator().next();
      bestOfTensor.merge(tensor, tried, (a, b) -> b.error() < a.error() ? b : a);
    }
    Tried best = new Tried(Remedy.FLOAT, Double.POSITIVE_INFINITY);
    Remedy all = Remedy.FLOAT;
    for (Tried tried : bestOfTensor.values()) {
      best = tried.error() < best.error() ? tried : best;
      all = all.and(tried.remedy());
    }
    if (bestOfTensor.size() > 1) {
      Tried together = new Tried(all, error.of(all.in(only), stage::advance));
      best = together.error() < WORTH * best.error() ? together : best;
    }
    return best.error() <= WORTH * old ? best : new Tried(Remedy.keepFloat(layer, shape, state), 0);
  }

  private String annotation(String layer, Remedy remedy) {
    if (remedy.isFloat()) {
      return "@SkipQuantize at " + layer;
    }
    List<String> lines = new ArrayList<>();
    remedy
        .describe()
        .forEach(
            (path, descriptor) -> {
              TensorRole role = Objects.requireNonNull(shape.sites().get(path)).tensor().role();
              lines.add(AnnotationText.of(role.role().orElse(Role.WEIGHT), descriptor));
            });
    return String.join(" ", lines)
        + " on "
        + Objects.requireNonNull(shape.layers().get(layer)).type().type().getSimpleName()
        + ", or on a subclass of it for this layer alone";
  }

  private static String reason(Diagnosis.Layer layer) {
    List<String> reasons = new ArrayList<>();
    layer.inputDecibels().ifPresent(value -> reasons.add("input " + Figures.withUnit(value)));
    layer.weightDecibels().ifPresent(value -> reasons.add("weight " + Figures.withUnit(value)));
    for (Diagnosis.Input input : layer.inputs()) {
      reasons.add(
          input.after().channels().isEmpty()
              ? "the layout of " + input.name() + " names no channels"
              : String.format(
                  Locale.ROOT,
                  "largest channel of %s %.1f times the median",
                  input.name(),
                  input.after().spread()));
    }
    return String.join(", ", reasons);
  }
}
