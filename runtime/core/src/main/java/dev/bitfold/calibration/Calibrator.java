package dev.bitfold.calibration;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Observes the values of a tensor and finds the amax of its quantizer. Memory does not grow with
 * the number or the size of batches.
 *
 * <p>Safe for concurrent use. Unless a calibrator says otherwise, the bits of the result do not
 * depend on the order of the batches, nor on how they are divided among threads or merged
 * calibrators.
 */
public interface Calibrator {
  /**
   * Observes a batch of any order and strides. An empty batch has no effect. The batch is neither
   * changed nor kept. A refused batch has no effect.
   *
   * @param x floats; axes that keep scales must have the same length in every batch
   * @throws IllegalArgumentException if the batch holds integers, holds NaN or infinity under
   *     {@link NonFinite#REFUSE}, or does not fit the granularity or earlier batches
   */
  void observe(INDArray x);

  /**
   * Returns the amax of the observed values as float32. It is a scalar for one scale per tensor.
   * Otherwise, it has the rank of the first batch, the length of each axis that keeps scales, and 1
   * for other axes.
   *
   * @throws IllegalStateException if nothing was observed
   */
  INDArray amax();

  /** Returns the number of observed values, without those left out. */
  long elements();

  /** Returns the number of NaN and infinite values that were left out. */
  long nonFinite();

  /**
   * Adds what another calibrator of the same kind and settings has observed, as if this calibrator
   * had observed it.
   *
   * @throws UnsupportedOperationException if the result depends on the order of the batches
   * @throws IllegalArgumentException if the other calibrator has another kind, settings or shape
   */
  void merge(Calibrator other);

  /** Writes the statistics, without the settings. */
  void writeTo(DataOutput out) throws IOException;

  /**
   * Replaces the statistics with those that a calibrator of the same kind and settings wrote.
   *
   * @throws IOException if the statistics cannot be read, or were written by another kind of
   *     calibrator or with other settings
   */
  void readFrom(DataInput in) throws IOException;
}
