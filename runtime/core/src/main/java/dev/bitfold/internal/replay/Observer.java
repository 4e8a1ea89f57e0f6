package dev.bitfold.internal.replay;

import dev.bitfold.calibration.NonFinite;
import dev.bitfold.calibration.PaddingMask;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.ChannelScale;
import dev.bitfold.tensor.Workspaces;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Observes the inputs and outputs that a state quantizes. Safe for concurrent use. */
public final class Observer implements Tap {
  private final QuantKernels kernels;
  private final NonFinite policy;
  private final Map<String, QuantDescriptor> descriptors;
  private final Map<String, INDArray> preQuantScales;
  private final Map<String, Observation> observations = new ConcurrentHashMap<>();
  private final @Nullable ChannelLetters letters;
  private volatile boolean called;
  private volatile boolean ended;

  /**
   * Observes what a state quantizes, with the state's smoothing applied.
   *
   * @param kernels the kernels of the calibrators
   */
  public Observer(QuantKernels kernels, State state, NonFinite policy) {
    this(kernels, state, policy, null);
  }

  private Observer(
      QuantKernels kernels, State state, NonFinite policy, @Nullable ChannelLetters letters) {
    this.letters = letters;
    this.kernels = kernels;
    this.policy = policy;
    this.descriptors = state.descriptors();
    this.preQuantScales = state.preQuantScales();
  }

  /**
   * Returns an observer for the first pass over a model. In {@link #output}, it also refuses layers
   * whose letters contradict each other, with an {@link IllegalArgumentException}.
   */
  public static Observer first(ModelShape shape, State state, NonFinite policy) {
    return new Observer(shape.kernels(), state, policy, new ChannelLetters(shape, state));
  }

  @Override
  public INDArray input(TensorSite site, INDArray x) {
    requireRunning();
    called = true;
    if (letters != null) {
      letters.input(site, x);
      PaddingMask.note(x, site.tensor().layout());
    }
    observe(site, x);
    return x;
  }

  @Override
  public INDArray output(TensorSite site, INDArray y) {
    if (letters != null) {
      letters.output(site, y);
      PaddingMask.note(y, site.tensor().layout());
    }
    observe(site, y);
    return y;
  }

  /** What was measured may not change any more, whoever has kept the model and runs it. */
  private void requireRunning() {
    if (ended) {
      throw new IllegalStateException(
          "this model was given to the forward function of a calibration that has ended: run the"
              + " float model itself, or the quantized one");
    }
  }

  private void observe(TensorSite site, INDArray x) {
    QuantDescriptor descriptor = descriptors.get(site.path());
    if (descriptor != null) {
      Observation observation =
          observations.computeIfAbsent(
              site.path(),
              path ->
                  new Observation(
                      site, Quantizer.of(descriptor, site.tensor().layout(), kernels), policy));
      INDArray preQuantScale = preQuantScales.get(site.path());
      Workspaces.outside(
          () -> {
            observation.observe(
                preQuantScale == null
                    ? x
                    : ChannelScale.apply(x, preQuantScale, site.tensor().layout().fromEnd('C')));
            return x;
          });
    }
  }

  /** Returns whether any layer with an input was called. */
  public boolean called() {
    return called;
  }

  /**
   * Returns the weights whose sizes do not tell whether their letters are swapped, one path for
   * each class.
   */
  public Set<String> untoldLetters() {
    return letters == null ? Set.of() : letters.untold();
  }

  /** Returns the number of NaN and infinite values that were left out so far. */
  public long nonFinite() {
    return observations.values().stream().mapToLong(Observation::nonFinite).sum();
  }

  /** Ends the observation, and returns the observations by tensor path. */
  public Map<String, Observation> observations() {
    ended = true;
    return new TreeMap<>(observations);
  }
}
