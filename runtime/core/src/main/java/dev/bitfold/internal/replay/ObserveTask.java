package dev.bitfold.internal.replay;

import dev.bitfold.calibration.NonFinite;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.State;
import java.io.Serial;

/**
 * Observes the inputs and outputs that a state quantizes, while the model runs without quantizers.
 */
public final class ObserveTask implements PassTask<Observations> {
  @Serial private static final long serialVersionUID = 1;

  private final SentState observed;
  private final SentState run;
  private final boolean first;

  private ObserveTask(State observed, State run, boolean first) {
    this.observed = new SentState(observed);
    this.run = new SentState(run);
    this.first = first;
  }

  /** Returns the task of the first pass, in which the float model runs. */
  public static ObserveTask first(State observed) {
    return new ObserveTask(observed, State.FLOAT, true);
  }

  /**
   * Returns the task of a later pass.
   *
   * @param observed the state whose quantizers are observed, with its smoothing applied
   */
  public static ObserveTask later(State observed) {
    return new ObserveTask(observed, observed.withoutQuantizers(), false);
  }

  @Override
  public Observations empty(ModelShape shape) {
    return new Observations(shape, observed.state(), NonFinite.REFUSE);
  }

  @Override
  public <M> boolean run(Planned<M> model, Iterable<Replay.Batch<M>> batches, Observations into) {
    Observer observer =
        first ? Observer.first(into, observed.state()) : new Observer(into, observed.state());
    M floats = model.rebuild(run.state(), observer);
    for (Replay.Batch<M> batch : batches) {
      batch.run(floats);
    }
    observer.end();
    return true;
  }
}
