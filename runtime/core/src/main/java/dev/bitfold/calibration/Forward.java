package dev.bitfold.calibration;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Runs one batch through a model, usually a method reference such as {@code MiniLm::forward}. It
 * must be deterministic. Smoothing is proved by its result.
 *
 * @param <M> the type of the model
 * @param <B> the type of a batch
 */
@FunctionalInterface
public interface Forward<M, B> {
  /** Returns the model's output for the batch. */
  INDArray run(M model, B batch) throws Exception;
}
