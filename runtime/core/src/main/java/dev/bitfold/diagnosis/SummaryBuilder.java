package dev.bitfold.diagnosis;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.observation.Observation;
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
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Measures what a {@link Summary} tells. */
public final class SummaryBuilder {
  private final ModelShape shape;
  private final State state;
  private final Map<String, Observation> observations;
  private final Summary.Smoothings smoothings;
  private final List<Summary.Row> rows = new ArrayList<>();
  private long weightBytes;
  private long floatBytes;

  private SummaryBuilder(
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Summary.Smoothings smoothings) {
    this.shape = shape;
    this.state = state;
    this.observations = observations;
    this.smoothings = smoothings;
  }

  /** Returns the summary of a model in a state. */
  public static Summary of(
      ModelShape shape,
      State state,
      Map<String, Observation> observations,
      Summary.Smoothings smoothings) {
    SummaryBuilder builder = new SummaryBuilder(shape, state, observations, smoothings);
    return Workspaces.outside(builder::measured);
  }

  private Summary measured() {
    shape.sites().values().forEach(this::add);
    return new Summary(
        rows,
        shape.skipped().entrySet().stream()
            .map(e -> e.getKey() + " (" + e.getValue().getSimpleName() + ")")
            .toList(),
        shape.layers().size(),
        weightBytes,
        floatBytes,
        floatBytes,
        Optional.empty());
  }

  private void add(TensorSite site) {
    QuantDescriptor descriptor = state.descriptors().get(site.path());
    TensorRole role = site.tensor().role();
    if (role == TensorRole.WEIGHT || role == TensorRole.BIAS) {
      INDArray weight = state.tensors().getOrDefault(site.path(), shape.tensor(site));
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

  private void addWeight(TensorSite site, INDArray weight, QuantDescriptor descriptor) {
    Quantizer quantizer = WeightQuantizer.of(shape, state, site, descriptor, weight);
    weightBytes += quantizer.pack(weight).bytes();
    add(
        site,
        descriptor,
        Optional.of(Summary.Range.of(quantizer, weight)),
        Distortion.of(weight, quantizer.quantize(weight)).decibels());
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
            : observation.distortion(scale, state.preScales().get(site.path())).decibels());
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
            smoothing(site)));
  }

  private Summary.Smoothed smoothing(TensorSite site) {
    return site.tensor().role() == TensorRole.INPUT
        ? smoothings.of(site.layer())
        : Summary.Smoothed.NO;
  }
}
