package dev.bitfold.internal.replay;

import dev.bitfold.calibration.PaddingMask;
import dev.bitfold.internal.state.State;
import dev.bitfold.internal.state.Tap;
import dev.bitfold.internal.state.TensorSite;
import dev.bitfold.tensor.ChannelScale;
import dev.bitfold.tensor.Workspaces;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Observes the inputs and outputs that a state quantizes. Safe for concurrent use. */
public final class Observer implements Tap {
  private final Observations observations;
  private final Map<String, INDArray> preQuantScales;
  private final @Nullable ChannelLetters letters;
  private volatile boolean called;
  private volatile boolean ended;

  /**
   * Observes what a state quantizes, with the state's smoothing applied.
   *
   * @param into receives the observations
   */
  public Observer(Observations into, State state) {
    this(into, state, null);
  }

  private Observer(Observations into, State state, @Nullable ChannelLetters letters) {
    this.observations = into;
    this.letters = letters;
    this.preQuantScales = state.preQuantScales();
  }

  /**
   * Returns an observer for the first pass over a model. In {@link #output}, it also refuses layers
   * whose letters contradict each other, with an {@link IllegalArgumentException}.
   */
  public static Observer first(Observations into, State state) {
    return new Observer(into, state, new ChannelLetters(into.shape(), state));
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
    if (!observations.isOf(site)) {
      return;
    }
    Observation observation = observations.of(site);
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
    return observations.nonFinite();
  }

  /** Ends the observation: whoever has kept the model can no longer run it. */
  public void end() {
    ended = true;
  }
}
