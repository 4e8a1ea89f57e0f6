package dev.bitfold.diagnosis;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.internal.distortion.OutputError;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.TensorSite;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Accumulates what a diagnosis says of layers: statistics of their inputs before and after
 * smoothing, and the errors of their outputs. Safe for concurrent use.
 */
final class LayerFigures implements Accumulator<LayerFigures> {
  private final ModelShape shape;
  private final Map<String, ActivationProfile> before = new ConcurrentHashMap<>();
  private final Map<String, ActivationProfile> after = new ConcurrentHashMap<>();
  private final Map<String, OutputError> errors = new ConcurrentHashMap<>();

  LayerFigures(ModelShape shape) {
    this.shape = shape;
  }

  ActivationProfile before(TensorSite input) {
    return before.computeIfAbsent(input.path(), this::profile);
  }

  ActivationProfile after(TensorSite input) {
    return after.computeIfAbsent(input.path(), this::profile);
  }

  private ActivationProfile profile(String path) {
    return new ActivationProfile(shape.site(path).tensor().layout(), shape.kernels());
  }

  void addError(String layer, INDArray expected, INDArray actual) {
    errors.computeIfAbsent(layer, path -> new OutputError()).add(expected, actual);
  }

  boolean has(TensorSite input) {
    return before.containsKey(input.path());
  }

  Optional<OutputError> error(String layer) {
    return Optional.ofNullable(errors.get(layer));
  }

  @Override
  public void merge(LayerFigures other) {
    merge(before, other.before, this::profile);
    merge(after, other.after, this::profile);
    merge(errors, other.errors, path -> new OutputError());
  }

  @Override
  public void writeTo(DataOutput out) throws IOException {
    write(before, out);
    write(after, out);
    write(errors, out);
  }

  @Override
  public void readFrom(DataInput in) throws IOException {
    read(before, this::profile, in);
    read(after, this::profile, in);
    read(errors, path -> new OutputError(), in);
  }

  private static <A extends Accumulator<A>> void merge(
      Map<String, A> into, Map<String, A> more, Function<String, A> empty) {
    more.forEach((path, other) -> into.computeIfAbsent(path, empty).merge(other));
  }

  private static <A extends Accumulator<A>> void write(Map<String, A> from, DataOutput out)
      throws IOException {
    out.writeInt(from.size());
    for (Map.Entry<String, A> one : new TreeMap<>(from).entrySet()) {
      out.writeUTF(one.getKey());
      one.getValue().writeTo(out);
    }
  }

  private static <A extends Accumulator<A>> void read(
      Map<String, A> into, Function<String, A> empty, DataInput in) throws IOException {
    for (int i = in.readInt(); i > 0; i--) {
      into.computeIfAbsent(in.readUTF(), empty).readFrom(in);
    }
  }
}
