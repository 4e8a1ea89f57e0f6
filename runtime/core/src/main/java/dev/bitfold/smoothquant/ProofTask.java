package dev.bitfold.smoothquant;

import dev.bitfold.internal.replay.FloatRun;
import dev.bitfold.internal.replay.Nothing;
import dev.bitfold.internal.replay.PassTask;
import dev.bitfold.internal.replay.Replay;
import dev.bitfold.internal.replay.SentState;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Planned;
import dev.bitfold.internal.state.State;
import java.io.Serial;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Set;

/** Compares the smoothed model with the float model, and refuses a batch for which they differ. */
final class ProofTask implements PassTask<Nothing> {
  @Serial private static final long serialVersionUID = 1;

  private final SentState before;
  private final SentState smoothed;
  private final boolean folds;
  private final ArrayList<String> layers;

  /**
   * Prepares a proof.
   *
   * @param folds whether scales are folded; if not, the model's output tells all
   * @param layers those whose outputs must not change
   */
  ProofTask(State before, State smoothed, boolean folds, Collection<String> layers) {
    this.before = new SentState(before);
    this.smoothed = new SentState(smoothed);
    this.folds = folds;
    this.layers = new ArrayList<>(layers);
  }

  @Override
  public Nothing empty(ModelShape shape) {
    return new Nothing();
  }

  @Override
  public <M> boolean run(Planned<M> model, Iterable<Replay.Batch<M>> batches, Nothing into) {
    FloatRun<M> floats = run(model, before.state());
    FloatRun<M> scaled = run(model, smoothed.state());
    for (Replay.Batch<M> batch : batches) {
      floats.run(batch);
      scaled.run(batch);
      if (SmoothingProof.change(floats, scaled, layers) > SmoothingProof.TOLERANCE) {
        return false;
      }
    }
    return true;
  }

  private <M> FloatRun<M> run(Planned<M> model, State state) {
    return folds ? new FloatRun<>(model, state, Set.of()) : FloatRun.ofOutput(model, state);
  }
}
