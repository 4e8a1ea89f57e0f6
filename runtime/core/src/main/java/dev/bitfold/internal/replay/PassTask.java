package dev.bitfold.internal.replay;

import dev.bitfold.calibration.Accumulator;
import dev.bitfold.internal.state.ModelShape;
import dev.bitfold.internal.state.Planned;
import java.io.Serializable;

/**
 * Does what a step does with all calibration data: runs each batch, and accumulates what it sees.
 * It may run on several machines, each with a share of the batches.
 *
 * @param <A> what is accumulated
 */
public interface PassTask<A extends Accumulator<A>> extends Serializable {
  /** Returns an accumulator that has observed nothing. */
  A empty(ModelShape shape);

  /**
   * Runs a share of the batches.
   *
   * @return whether all were run; if not, the last one breaks what the pass proves
   */
  <M> boolean run(Planned<M> model, Iterable<Replay.Batch<M>> batches, A into);
}
