package dev.bitfold.diagnosis;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.replay.Observation;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.internal.state.WeightQuantizer;
import dev.bitfold.layer.TensorRole;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.Workspaces;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Measures what a {@link Summary} contains. */
public final class SummaryBuilder {
  private final ModelShape shape;
  private final State state;
  private final Map<String, Observation> observations;
  private final Summary.Applied applied;
  private final List<Summary.Row> rows = new ArrayList<>();
  private long weightBytes;
  private long floatBytes;

  private SummaryBuilder(
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Summary.Applied applied) {
    this.shape = shape;
    this.state = state;
    this.observations = observations;
    this.applied = applied;
  }

  /** Returns the summary of a model in a state. */
  public static Summary of(
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Summary.Applied applied) {
    SummaryBuilder builder = new SummaryBuilder(shape, state, observations, applied);
    return Workspaces.outside(builder::measured);
  }

  private Summary measured() {
    shape.sites().values().forEach(this::add);
    return new Summary(
        rows,
        skipped(),
        shape.layers().size(),
        weightBytes,
        floatBytes,
        floatBytes,
        Optional.empty(),
        applied.cap());
  }

  /**
   * Returns what stays float by annotation, what is null, and then the layers and tensors that stay
   * float by {@code skip}.
   */
  private List<String> skipped() {
    List<String> skipped = new ArrayList<>();
    shape.skipped().forEach((path, type) -> skipped.add(named(path, type)));
    shape.missing().forEach(path -> skipped.add(path + " (null)"));
    Set<TensorRole> quantized =
        state.descriptors().keySet().stream()
            .map(path -> shape.site(path).tensor().role())
            .collect(Collectors.toSet());
    for (ModelShape.Layer layer : shape.layers().values()) {
      List<TensorSite> annotated =
          layer.type().tensors().values().stream()
              .filter(tensor -> tensor.descriptor().isPresent())
              .map(layer::site)
              .filter(site -> shape.sites().containsKey(site.path()))
              .toList();
      // If a role is float in all layers, the recipe says so, and not a call of skip.
      List<TensorSite> floats =
          annotated.stream()
              .filter(site -> !state.descriptors().containsKey(site.path()))
              .filter(site -> quantized.contains(site.tensor().role()))
              .toList();
      boolean whole =
          annotated.stream().noneMatch(site -> state.descriptors().containsKey(site.path()));
      if (whole && !floats.isEmpty()) {
        skipped.add(named(layer.path(), layer.type().type()));
      } else {
        floats.forEach(site -> skipped.add(named(site.path(), site.type())));
      }
    }
    return skipped;
  }

  private static String named(String path, Class<?> type) {
    return path + " (" + type.getSimpleName() + ")";
  }

  private void add(TensorSite site) {
    QuantDescriptor descriptor = state.descriptors().get(site.path());
    TensorRole role = site.tensor().role();
    if (role == TensorRole.WEIGHT || role == TensorRole.BIAS) {
      INDArray weight = shape.tensor(site, state);
      floatBytes += weight.length() * Float.BYTES;
      if (descriptor == null) {
        weightBytes += weight.length() * Float.BYTES;
      } else {
        addWeight(site, weight, descriptor);
      }
    } else if (descriptor != null) {
      addActivation(site, descriptor, observations.get(site.path()));
    }
  }

  /** The first to quantize a weight, so what does not fit it, such as an amax, is named here. */
  private void addWeight(TensorSite site, INDArray weight, QuantDescriptor descriptor) {
    try {
      measureWeight(site, weight, descriptor);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          site.describe(weight, descriptor) + ": " + e.getMessage(), e);
    }
  }

  private void measureWeight(TensorSite site, INDArray weight, QuantDescriptor descriptor) {
    Quantizer quantizer = WeightQuantizer.of(shape, state, site, descriptor, weight);
    weightBytes += quantizer.pack(weight).bytes();
    add(
        site,
        descriptor,
        Optional.of(Summary.Range.of(quantizer, weight)),
        applied.reconstructions().containsKey(site.path())
            ? OptionalDouble.empty()
            : Distortion.of(weight, quantizer.quantize(weight)).decibels());
  }

  private void addActivation(
      TensorSite site, QuantDescriptor descriptor, @Nullable Observation observation) {
    CalibratedScale scale = state.scales().get(site.path());
    add(
        site,
        descriptor,
        Optional.ofNullable(scale).map(Summary.Range::of),
        observation == null
            ? OptionalDouble.empty()
            : observation.distortion(scale, state.preQuantScales().get(site.path())).decibels());
  }

  private void add(
      TensorSite site,
      QuantDescriptor descriptor,
      Optional<Summary.Range> amax,
      OptionalDouble decibels) {
    rows.add(
        new Summary.Row(
            site.path(),
            site.type().getSimpleName(),
            site.tensor().role(),
            descriptor,
            amax,
            decibels,
            smoothing(site),
            Optional.ofNullable(applied.reconstructions().get(site.path()))));
  }

  private Summary.Smoothing smoothing(TensorSite site) {
    return site.tensor().role() == TensorRole.INPUT
        ? applied.smoothingOf(site.layer())
        : new Summary.Smoothing.NotWanted();
  }
}
