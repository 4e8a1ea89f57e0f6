package dev.bitfold.smoothquant;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.descriptor.Alpha;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.observation.ChannelRange;
import dev.bitfold.internal.observation.Observation;
import dev.bitfold.internal.observation.Observer;
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

/**
 * Smooths a calibrated model: searches the alpha of each layer, or of all layers that read one
 * source, applies the scales online or folds them, proves that the float model stays what it was,
 * and calibrates again what has changed.
 */
public final class SmoothQuantRun<M> {
  /**
   * The smoothed model.
   *
   * @param observations what was seen, after folding
   * @param curves the alpha curve of each smoothed layer; of readers of one source it is the same
   * @param folded the source that a layer's scale was folded into, by the layer's path
   */
  public record Result(
      State state,
      Map<String, Observation> observations,
      Map<String, AlphaCurve> curves,
      Map<String, String> folded) {}

  private final Replay<M> replay;
  private final ModelShape shape;
  private final State state;
  private final Map<String, Observation> observations;
  private final Map<String, Alpha> smooth;
  private final boolean sampled;
  private final Map<String, Smoothing> online = new LinkedHashMap<>();
  private final List<Folding> foldings = new ArrayList<>();
  private final Map<String, List<Alpha>> candidates = new LinkedHashMap<>();

  /**
   * @param smooth the alpha of each layer to smooth
   * @throws IllegalArgumentException if a layer cannot be smoothed, or nothing can be folded into a
   *     source
   */
  public SmoothQuantRun(
      Replay<M> replay,
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Map<String, Alpha> smooth,
      SmoothQuantOptions options) {
    this.replay = replay;
    this.shape = shape;
    this.state = state;
    this.observations = observations;
    this.smooth = smooth;
    this.sampled = options.isSampled();
    Set<String> readers = new LinkedHashSet<>();
    for (Fold fold : FoldResolver.resolve(shape)) {
      if (fold.readerPaths().stream().anyMatch(smooth::containsKey)) {
        Folding folding = folding(fold);
        foldings.add(folding);
        List<Alpha> alphas = alphas(fold, options);
        folding.readers().keySet().forEach(reader -> candidates.put(reader, alphas));
        readers.addAll(fold.readerPaths());
      }
    }
    smooth.forEach(
        (path, alpha) -> {
          if (!readers.contains(path)) {
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
    for (ModelShape.Layer reader : fold.readers()) {
      if (smooth.containsKey(reader.path()) || !Smoothing.inputs(reader, state).isEmpty()) {
        TensorSite input = Smoothing.input(reader, state);
        inputs.put(reader.path(), input);
        ranges.put(reader.path(), channelRange(input));
      }
    }
    return Folding.of(fold, inputs, ranges);
  }

  /** An amax that somebody has written down does not follow the scale. */
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
    for (String reader : fold.readerPaths()) {
      Alpha alpha = smooth.get(reader);
      if (alpha != null) {
        different.putIfAbsent(options.candidates(alpha), reader);
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

  private AlphaSearch<M> search() {
    Map<String, Smoothing> searched = new LinkedHashMap<>(online);
    foldings.forEach(folding -> searched.putAll(folding.readers()));
    return new AlphaSearch<>(
        replay,
        state,
        searched,
        candidates,
        foldings.stream().map(folding -> folding.readers().keySet()).toList(),
        sampled);
  }

  /** The curve of each layer over every candidate, on a sample of the data. */
  public Map<String, AlphaCurve> wholeCurves() {
    Map<String, AlphaCurve> curves = new LinkedHashMap<>(search().wholeCurves());
    for (Folding folding : foldings) {
      AlphaCurve joint = AlphaCurve.joint(curvesOf(folding, curves));
      folding.readers().keySet().forEach(reader -> curves.put(reader, joint));
    }
    return curves;
  }

  public Result run() {
    Map<String, AlphaCurve> curves = new LinkedHashMap<>(search().run());
    State smoothed = state;
    for (Map.Entry<String, Smoothing> layer : online.entrySet()) {
      AlphaCurve curve = Objects.requireNonNull(curves.get(layer.getKey()));
      smoothed = layer.getValue().apply(smoothed, curve.best());
    }
    Map<String, String> folded = new LinkedHashMap<>();
    Map<String, Observation> seen = new LinkedHashMap<>(observations);
    Map<Folding, SmoothScales> chosen = new LinkedHashMap<>();
    for (Folding folding : foldings) {
      AlphaCurve joint = AlphaCurve.joint(curvesOf(folding, curves));
      folding.readers().keySet().forEach(reader -> curves.put(reader, joint));
      if (joint.best() instanceof Alpha.Fixed best) {
        SmoothScales scales = folding.scales(best.value());
        chosen.put(folding, scales);
        smoothed = folding.scaled(smoothed, scales);
        for (Map.Entry<String, Smoothing> reader : folding.readers().entrySet()) {
          folded.put(reader.getKey(), folding.fold().source().path());
          String input = reader.getValue().input().path();
          seen.computeIfPresent(
              input, (path, observation) -> observation.folded(scales.preQuantScale()));
        }
      }
    }
    Set<String> others = foldings.isEmpty() ? Set.of() : notKnown(state.descriptors().keySet());
    Set<String> changed =
        new SmoothingProof<>(replay, online, foldings, chosen).check(state, smoothed, others);
    Set<String> again = new LinkedHashSet<>(smoothed.preScales().keySet());
    if (!chosen.isEmpty()) {
      again.addAll(changed);
    }
    return new Result(recalibrated(smoothed, notKnown(again), seen), seen, curves, folded);
  }

  private static List<AlphaCurve> curvesOf(Folding folding, Map<String, AlphaCurve> curves) {
    return folding.readers().keySet().stream()
        .map(reader -> Objects.requireNonNull(curves.get(reader)))
        .toList();
  }

  /** Those static quantizers whose smoothed scale does not follow from that of their channels. */
  private Set<String> notKnown(Set<String> paths) {
    Set<String> inputs = new LinkedHashSet<>();
    online.values().forEach(layer -> inputs.add(layer.input().path()));
    foldings.forEach(f -> f.readers().values().forEach(r -> inputs.add(r.input().path())));
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
   * Calibrates static quantizers again: of smoothed inputs, and of tensors on the way from a source
   * to its readers.
   *
   * @param seen takes what is seen of those that are not multiplied when the model runs
   */
  private State recalibrated(State smoothed, Set<String> paths, Map<String, Observation> seen) {
    Map<String, QuantDescriptor> again = new LinkedHashMap<>();
    paths.forEach(
        path -> again.put(path, Objects.requireNonNull(smoothed.descriptors().get(path))));
    if (again.isEmpty()) {
      return smoothed;
    }
    Observer observer =
        new Observer(shape.kernels(), smoothed.withDescriptors(again), NonFinite.REFUSE);
    M floats = replay.rebuild(smoothed.withoutQuantizers(), observer);
    for (Replay.Batch<M> batch : replay.pass("calibrating smoothed inputs")) {
      batch.run(floats);
    }
    Map<String, Observation> anew = observer.observations();
    anew.forEach(
        (path, observation) -> {
          if (!smoothed.preScales().containsKey(path)) {
            seen.put(path, observation);
          }
        });
    return smoothed.withScales(scales(anew));
  }

  /** The scale of each static quantizer. */
  public static Map<String, CalibratedScale> scales(Map<String, Observation> observations) {
    Map<String, CalibratedScale> scales = new LinkedHashMap<>();
    observations.forEach((path, seen) -> seen.scale().ifPresent(s -> scales.put(path, s)));
    return scales;
  }
}
