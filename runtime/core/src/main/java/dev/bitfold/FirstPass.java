package dev.bitfold;

import dev.bitfold.calibration.CalibrationException;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.internal.replay.Faithfulness;
import dev.bitfold.internal.replay.LetterProbe;
import dev.bitfold.internal.replay.Observation;
import dev.bitfold.internal.replay.Observations;
import dev.bitfold.internal.replay.Observer;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.State;
import dev.bitfold.tensor.Workspaces;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Runs the first pass over the calibration data. Quantizers record what they need, and the pass
 * checks whether model and data can be calibrated at all. Not safe for concurrent use.
 */
final class FirstPass<M> {
  /**
   * Holds what the pass has found.
   *
   * @param replay the replay for later passes
   * @param observations the observation of each tensor, by path
   */
  record Result<M>(Replay<M> replay, Map<String, Observation> observations) {}

  private final Replay<M> replay;
  private final ModelShape shape;
  private final Observations observations;
  private final Observer observer;
  private final Set<Integer> dirty = new HashSet<>();
  private Replay.@Nullable Batch<M> first;
  private @Nullable INDArray firstOutput;
  private int batches;

  FirstPass(Replay<M> replay, ModelShape shape, State state, NonFinite nonFinite) {
    this.replay = replay;
    this.shape = shape;
    this.observations = new Observations(shape, state, nonFinite);
    this.observer = Observer.first(observations, state);
  }

  Result<M> run() {
    M observed = replay.rebuild(State.FLOAT, observer);
    for (Replay.Batch<M> batch : replay.pass("calibrating")) {
      observe(batch, observed);
    }
    if (!observer.called() && shape.hasInputs()) {
      throw new CalibrationException(
          "no layer of the model was called: forward must run its first argument, such as (m, x) ->"
              + " m.forward(x) or Net::forward; (m, x) -> model.forward(x) runs another model");
    }
    replay.requireRepeatable();
    replay.requireUnchanged();
    if (dirty.size() == batches) {
      throw new CalibrationException("every calibration batch holds NaN or infinity");
    }
    boolean refilled = refilled();
    if (first != null && !refilled) {
      LetterProbe.check(replay, shape, first, observer.untoldLetters());
    }
    observer.end();
    return new Result<>(replay.after(batches, dirty, refilled), observations.byPath());
  }

  private void observe(Replay.Batch<M> batch, M observed) {
    long before = observer.nonFinite();
    INDArray output = batch.run(observed);
    if (observer.nonFinite() > before) {
      dirty.add(batch.number());
    }
    if (first == null) {
      Faithfulness.check(replay, shape, batch, output);
      first = batch;
      firstOutput = Workspaces.outside(() -> output.dup('c'));
    }
    batches++;
  }

  /** Returns whether the contents of the first batch have changed since later batches were read. */
  private boolean refilled() {
    return first != null
        && firstOutput != null
        && batches > 1
        && !Faithfulness.gives(replay, first, firstOutput);
  }
}
