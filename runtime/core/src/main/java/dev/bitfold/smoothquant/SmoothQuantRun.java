package dev.bitfold.smoothquant;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.replay.ChannelRange;
import dev.bitfold.internal.replay.Observation;
import dev.bitfold.internal.replay.ObserveTask;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.layer.TensorRole;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Smooths a calibrated model. It searches the alpha of each layer, or of all consumers of one
 * source. It applies the scales online or folds them, proves that the float model does not change,
 * and calibrates the changed tensors again.
 */
public final class SmoothQuantRun<M> {
  /**
   * Holds the smoothed model.
   *
   * @param observations the observations after folding
   */
  public record Result(State state, Map<String, Observation> observations, Smoothed smoothed) {}

  private final Replay<M> replay;
  private final ModelShape shape;
  private final State state;
  private final Map<String, Observation> observations;
  private final Map<String, Alpha> smooth;
  private final UnaryOperator<State> weights;
  private final SmoothQuantOptions options;
  private final Map<String, Smoothing> online = new LinkedHashMap<>();
  private final List<Folding> foldings = new ArrayList<>();
  private final Map<String, List<Alpha>> candidates = new LinkedHashMap<>();

  /**
   * Finds what can be smoothed.
   *
   * @param smooth the alpha of each layer to smooth
   * @param weights gives the weights of a smoothed state the amax that they are quantized with
   * @throws IllegalArgumentException if a layer cannot be smoothed, or nothing can be folded into a
   *     source
   */
  public SmoothQuantRun(
      Replay<M> replay,
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Map<String, Alpha> smooth,
      UnaryOperator<State> weights,
      SmoothQuantOptions options) {
    this.replay = replay;
    this.shape = shape;
    this.state = state;
    this.observations = observations;
    this.smooth = smooth;
    this.weights = weights;
    this.options = options;
    Set<String> consumers = new LinkedHashSet<>();
    for (Fold fold : FoldResolver.resolve(shape)) {
      if (fold.consumerPaths().stream().anyMatch(smooth::containsKey)) {
        Folding folding = folding(fold);
        foldings.add(folding);
        List<Alpha> alphas = alphas(fold, options);
        folding.consumers().keySet().forEach(consumer -> candidates.put(consumer, alphas));
        consumers.addAll(fold.consumerPaths());
      }
    }
    smooth.forEach(
        (path, alpha) -> {
          if (!consumers.contains(path)) {
            online.put(path, smoothing(path));
            candidates.put(path, options.candidates(alpha));
          }
        });
  }

  private Smoothing smoothing(String path) {
    ModelShape.Layer layer = layer(path);
    TensorSite input = Smoothing.input(layer, state);
    return Smoothing.of(layer, input, state, channelRange(input));
  }

  private Folding folding(Fold fold) {
    requireNoFixedAmax(fold);
    Map<String, TensorSite> inputs = new LinkedHashMap<>();
    Map<String, ChannelRange> ranges = new LinkedHashMap<>();
    for (ModelShape.Layer consumer : fold.consumers()) {
      if (smooth.containsKey(consumer.path()) || !Smoothing.inputs(consumer, state).isEmpty()) {
        TensorSite input = Smoothing.input(consumer, state);
        inputs.put(consumer.path(), input);
        ranges.put(consumer.path(), channelRange(input));
      }
    }
    return Folding.of(fold, inputs, ranges);
  }

  /** Refuses a fixed amax, which would not follow the scale. */
  private void requireNoFixedAmax(Fold fold) {
    List<TensorSite> scaled = new ArrayList<>(fold.into().keySet());
    scaled.add(fold.source().output());
    for (TensorSite site : scaled) {
      QuantDescriptor descriptor = state.descriptors().get(site.path());
      if (descriptor != null && !descriptor.amax().isEmpty()) {
        throw new IllegalArgumentException(
            site.describe(null, descriptor)
                + ": nothing can be folded into it, its amax is fixed; leave the amax out, or take"
                + " @SmoothInto off");
      }
    }
  }

  private List<Alpha> alphas(Fold fold, SmoothQuantOptions options) {
    Map<List<Alpha>, String> different = new LinkedHashMap<>();
    for (String consumer : fold.consumerPaths()) {
      Alpha alpha = smooth.get(consumer);
      if (alpha != null) {
        different.putIfAbsent(options.candidates(alpha), consumer);
      }
    }
    if (different.size() > 1) {
      throw new IllegalArgumentException(
          "@SmoothQuant says different alphas for "
              + String.join(" and ", different.values())
              + ", which share one scale, as they read "
              + fold.source().path());
    }
    return different.keySet().iterator().next();
  }

  private ModelShape.Layer layer(String path) {
    return Objects.requireNonNull(shape.layers().get(path));
  }

  private ChannelRange channelRange(TensorSite input) {
    return Optional.ofNullable(observations.get(input.path()))
        .flatMap(Observation::channelRange)
        .orElseThrow(
            () ->
                new CalibrationException(
                    input.describe(null, state.descriptors().get(input.path()))
                        + " was never reached by the calibration data, so it cannot be smoothed"));
  }

  private Map<String, Smoothing> smoothings() {
    Map<String, Smoothing> all = new LinkedHashMap<>(online);
    foldings.forEach(folding -> all.putAll(folding.consumers()));
    return all;
  }

  private AlphaSearch<M> search() {
    return new AlphaSearch<>(
        replay,
        state,
        smoothings(),
        candidates,
        foldings.stream().map(folding -> folding.consumers().keySet()).toList(),
        weights,
        options.isSampled());
  }

  /** Gives all consumers of a source the curve of their errors together. */
  private Map<String, AlphaCurve> joined(Map<String, AlphaCurve> each) {
    Map<String, AlphaCurve> curves = new LinkedHashMap<>(each);
    for (Folding folding : foldings) {
      AlphaCurve joint = AlphaCurve.joint(curvesOf(folding, each));
      folding.consumers().keySet().forEach(consumer -> curves.put(consumer, joint));
    }
    return curves;
  }

  /** Returns the curve of each layer over every candidate, on a sample of the data. */
  public Map<String, AlphaCurve> wholeCurves() {
    return joined(search().wholeCurves());
  }

  public Result run() {
    AlphaSearch<M> search = search();
    Map<String, AlphaCurve> curves = joined(search.run());
    Optional<AlphaCap> cap =
        options.isCapped()
            ? new CapSearch<>(replay, state, smoothings(), weights, curves).run(search.searchedOn())
            : Optional.empty();
    cap.ifPresent(c -> curves.replaceAll((layer, curve) -> curve.upTo(c.chosen())));
    State smoothed = state;
    for (Map.Entry<String, Smoothing> layer : online.entrySet()) {
      AlphaCurve curve = Objects.requireNonNull(curves.get(layer.getKey()));
      smoothed = layer.getValue().apply(smoothed, curve.chosen());
    }
    Map<String, String> folded = new LinkedHashMap<>();
    Map<String, Observation> seen = new LinkedHashMap<>(observations);
    Map<Folding, SmoothScales> chosen = new LinkedHashMap<>();
    for (Folding folding : foldings) {
      if (curvesOf(folding, curves).get(0).chosen() instanceof Alpha.Fixed alpha) {
        SmoothScales scales = folding.scales(alpha.value());
        chosen.put(folding, scales);
        smoothed = folding.scaled(smoothed, scales);
        for (Map.Entry<String, Smoothing> consumer : folding.consumers().entrySet()) {
          folded.put(consumer.getKey(), folding.fold().source().path());
          String input = consumer.getValue().input().path();
          seen.computeIfPresent(
              input, (path, observation) -> observation.folded(scales.preQuantScale()));
        }
      }
    }
    Set<String> others = foldings.isEmpty() ? Set.of() : notKnown(state.descriptors().keySet());
    Set<String> changed =
        new SmoothingProof<>(replay, online, foldings, chosen).check(state, smoothed, others);
    Set<String> again = new LinkedHashSet<>(smoothed.preQuantScales().keySet());
    if (!chosen.isEmpty()) {
      again.addAll(changed);
    }
    return new Result(
        recalibrated(smoothed, notKnown(again), seen), seen, new Smoothed(curves, folded, cap));
  }

  private static List<AlphaCurve> curvesOf(Folding folding, Map<String, AlphaCurve> curves) {
    return folding.consumers().keySet().stream()
        .map(consumer -> Objects.requireNonNull(curves.get(consumer)))
        .toList();
  }

  /**
   * Returns those static quantizers whose scale after smoothing does not follow from the scales of
   * their channels. The range of an affine input is observed again, too: a source that smoothing is
   * folded into gives values with other last bits than the product has.
   */
  private Set<String> notKnown(Set<String> paths) {
    Set<String> inputs = new LinkedHashSet<>();
    online.values().forEach(layer -> inputs.add(layer.input().path()));
    foldings.forEach(f -> f.consumers().values().forEach(r -> inputs.add(r.input().path())));
    Set<String> found = new LinkedHashSet<>();
    for (String path : paths) {
      QuantDescriptor descriptor = state.descriptors().get(path);
      TensorSite site = shape.sites().get(path);
      if (descriptor != null
          && site != null
          && descriptor.needsCalibration()
          && site.tensor().role() != TensorRole.WEIGHT
          && !(inputs.contains(path) && Observation.isLargestOfChannels(site, descriptor))) {
        found.add(path);
      }
    }
    return found;
  }

  /**
   * Calibrates static quantizers again: those of smoothed inputs, and those of tensors between a
   * source and its consumers.
   *
   * @param seen receives the observations of tensors that are not multiplied when the model runs
   */
  private State recalibrated(State smoothed, Set<String> paths, Map<String, Observation> seen) {
    Map<String, QuantDescriptor> again = new LinkedHashMap<>();
    paths.forEach(
        path -> again.put(path, Objects.requireNonNull(smoothed.descriptors().get(path))));
    if (again.isEmpty()) {
      return smoothed;
    }
    ObserveTask task = ObserveTask.later(smoothed.withDescriptors(again));
    Map<String, Observation> anew = replay.run("calibrating smoothed inputs", task).seen().byPath();
    anew.forEach(
        (path, observation) -> {
          if (!smoothed.preQuantScales().containsKey(path)) {
            seen.put(path, observation);
          }
        });
    return smoothed.withScales(scales(anew));
  }

  /** Returns the scale of each static quantizer. */
  public static Map<String, CalibratedScale> scales(Map<String, Observation> observations) {
    Map<String, CalibratedScale> scales = new LinkedHashMap<>();
    observations.forEach((path, seen) -> seen.scale().ifPresent(s -> scales.put(path, s)));
    return scales;
  }
}
