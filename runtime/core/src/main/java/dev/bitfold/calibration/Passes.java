package dev.bitfold.calibration;

import java.io.Serializable;

/**
 * Runs passes over calibration data: something on each batch, whose results are merged. {@link #of}
 * runs them here, and bitfold-spark on a cluster; the results are the same to the bit.
 *
 * <p>Batches of passes have no order. What needs a sample takes the batches with the smallest hash
 * of their contents and of the float model's output. What needs an order, such as {@code calib =
 * MOVING_AVERAGE}, is refused.
 *
 * @param <B> the type of a batch
 */
public interface Passes<B> {
  /**
   * Runs one batch through a model as {@link Forward} does, also on another machine. A method
   * reference such as {@code MiniLm::forward}, or a lambda that captures only what is serializable.
   *
   * @param <M> the type of the model
   * @param <B> the type of a batch
   */
  @FunctionalInterface
  interface Step<M, B> extends Forward<M, B>, Serializable {}

  /**
   * Returns passes in this JVM.
   *
   * @param batches at least one; iterated as often as a method needs, so pass a List, or an
   *     Iterable that can be iterated again
   */
  static <B> Passes<B> of(Iterable<? extends B> batches) {
    return new LocalPasses<>(batches);
  }

  /**
   * Runs one pass over all batches, for engines.
   *
   * @param own the model that this JVM holds
   * @param progress is told of progress, on the calling thread
   * @return what all shares of the data gave, merged
   * @throws CalibrationException if a share cannot be run; the message names share and batch
   */
  <W, A extends Accumulator<A>> A run(Pass<W, B, A> pass, W own, Progress.Listener progress);
}
