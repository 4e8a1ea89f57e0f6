package dev.bitfold.calibration;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One batch through a model, usually a method reference: {@code MiniLm::forward}. It must be
 * deterministic; its result is what smoothing is proved by.
 *
 * @param <M> the model
 * @param <B> a batch
 */
@FunctionalInterface
public interface Forward<M, B> {
  /** The model's output for the batch. */
  INDArray run(M model, B batch) throws Exception;
}
