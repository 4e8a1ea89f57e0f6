package dev.bitfold.calibration;

import java.io.Serializable;
import java.util.Iterator;

/**
 * Describes one pass over calibration data: what is run on each batch, and what is accumulated.
 * Serializable, so that other machines can run it.
 *
 * @param <W> the model as each JVM holds it
 * @param <B> the type of a batch
 * @param <A> what is accumulated
 */
public interface Pass<W, B, A extends Accumulator<A>> extends Serializable {
  /** Returns the name of the stage, for {@link Progress}. */
  String name();

  /** Returns an accumulator that has observed nothing. */
  A empty(W model);

  /**
   * Runs a share of the batches.
   *
   * @param share the name of the share, with which messages begin; empty if there is one
   * @param into receives what is observed
   * @throws CalibrationException if the share cannot be run; the message names share and batch
   */
  void run(W model, Iterator<? extends B> batches, String share, A into);
}
