package dev.bitfold.internal.replay;

import dev.bitfold.internal.distortion.Distortion;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.tensor.Workspaces;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Runs a state of the model without its quantizers, and keeps the tensors of one batch: the first
 * output of each layer, and the first tensor of some inputs.
 */
public final class FloatRun<M> implements Tap {
  private final M model;
  private final Set<String> inputs;
  // A forward may call its layers from several threads.
  private final Map<String, INDArray> tensors = Collections.synchronizedMap(new LinkedHashMap<>());
  private final Map<String, INDArray> outputs = Collections.synchronizedMap(new LinkedHashMap<>());
  private final Set<Thread> threads = ConcurrentHashMap.newKeySet();
  private @Nullable INDArray result;

  /**
   * Rebuilds the model.
   *
   * @param inputs the paths of the inputs to keep
   */
  public FloatRun(Planned<M> model, State state, Set<String> inputs) {
    this.inputs = inputs;
    this.model = model.rebuild(state.withoutQuantizers(), this);
  }

  private FloatRun(M model) {
    this.inputs = Set.of();
    this.model = model;
  }

  /** Returns a run that keeps nothing but the model's output. */
  public static <M> FloatRun<M> ofOutput(Planned<M> model, State state) {
    boolean unchanged = state.tensors().isEmpty() && state.preQuantScales().isEmpty();
    return new FloatRun<>(
        unchanged ? model.model() : model.rebuild(state.withoutQuantizers(), Tap.NONE));
  }

  public void run(Replay.Batch<M> batch) {
    clear();
    result = batch.run(model);
  }

  /** Forgets the batch. */
  public void clear() {
    tensors.clear();
    outputs.clear();
    threads.clear();
    result = null;
  }

  @Override
  public INDArray input(TensorSite site, INDArray x) {
    if (inputs.contains(site.path())) {
      keep(site, x);
    }
    return x;
  }

  @Override
  public INDArray output(TensorSite site, INDArray y) {
    outputs.putIfAbsent(site.layer(), keep(site, y));
    return y;
  }

  private INDArray keep(TensorSite site, INDArray x) {
    threads.add(Thread.currentThread());
    return tensors.computeIfAbsent(site.path(), path -> Workspaces.outside(() -> x.dup('c')));
  }

  /**
   * Returns whether a layer's first call is the same in every run, because one thread made all
   * calls.
   */
  public boolean isOrdered() {
    return threads.size() <= 1;
  }

  /** Returns the layers with hooks, in the order in which they gave their first output. */
  public List<String> layers() {
    return new ArrayList<>(outputs.keySet());
  }

  /** Returns the difference of another run's model output, relative to that of this run. */
  public double change(FloatRun<M> other) {
    return change(result, other.result);
  }

  /** Returns the relative difference of a layer's output; 0 if the layer has no hooks. */
  public double change(FloatRun<M> other, String layer) {
    INDArray expected = outputs.get(layer);
    return expected == null ? 0 : change(expected, other.outputs.get(layer));
  }

  /** Returns the first layer whose output differs. */
  public Optional<String> firstChanged(FloatRun<M> other, double tolerance, Set<String> except) {
    return outputs.keySet().stream()
        .filter(layer -> !except.contains(layer) && change(other, layer) > tolerance)
        .findFirst();
  }

  /** Returns the kept inputs and the outputs that differ. */
  public Set<String> changed(FloatRun<M> other, double tolerance) {
    Set<String> changed = new LinkedHashSet<>();
    tensors.forEach(
        (path, x) -> {
          if (change(x, other.tensors.get(path)) > tolerance) {
            changed.add(path);
          }
        });
    return changed;
  }

  private static double change(@Nullable INDArray expected, @Nullable INDArray actual) {
    INDArray x = Objects.requireNonNull(expected);
    return actual != null && Arrays.equals(x.shape(), actual.shape())
        ? Distortion.of(x, actual).relative()
        : Double.POSITIVE_INFINITY;
  }
}
