package dev.bitfold.internal.replay;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** Holds the observations of a model's tensors by path. Safe for concurrent use. */
public final class Observations implements Accumulator<Observations> {
  private final ModelShape shape;
  private final Map<String, QuantDescriptor> descriptors;
  private final NonFinite policy;
  private final Map<String, Observation> seen = new ConcurrentHashMap<>();

  /**
   * Holds nothing yet.
   *
   * @param state the state whose quantizers are observed
   */
  public Observations(ModelShape shape, State state, NonFinite policy) {
    this.shape = shape;
    this.descriptors = state.descriptors();
    this.policy = policy;
  }

  ModelShape shape() {
    return shape;
  }

  QuantKernels kernels() {
    return shape.kernels();
  }

  boolean isOf(TensorSite site) {
    return descriptors.containsKey(site.path());
  }

  Observation of(TensorSite site) {
    return seen.computeIfAbsent(site.path(), path -> open(site));
  }

  private Observation open(TensorSite site) {
    QuantDescriptor descriptor = descriptors.get(site.path());
    if (descriptor == null) {
      throw new IllegalArgumentException(site.path() + " is not observed");
    }
    return new Observation(
        site, Quantizer.of(descriptor, site.tensor().layout(), kernels()), policy);
  }

  /** Returns the number of NaN and infinite values that were left out so far. */
  long nonFinite() {
    return seen.values().stream().mapToLong(Observation::nonFinite).sum();
  }

  /** Returns the observations by tensor path. */
  public Map<String, Observation> byPath() {
    return new TreeMap<>(seen);
  }

  @Override
  public void merge(Observations other) {
    other.byPath().forEach((path, more) -> of(shape.site(path)).merge(more));
  }

  @Override
  public void writeTo(DataOutput out) throws IOException {
    out.writeInt(seen.size());
    for (Map.Entry<String, Observation> one : byPath().entrySet()) {
      out.writeUTF(one.getKey());
      one.getValue().writeTo(out);
    }
  }

  @Override
  public void readFrom(DataInput in) throws IOException {
    for (int i = in.readInt(); i > 0; i--) {
      of(shape.site(in.readUTF())).readFrom(in);
    }
  }
}
