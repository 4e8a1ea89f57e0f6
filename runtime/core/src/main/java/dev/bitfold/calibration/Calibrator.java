package dev.bitfold.calibration;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Observes the values that a tensor takes and says the amax of its quantizer. Memory does not grow
 * with the number of batches or their size.
 *
 * <p>Safe for concurrent use. Unless said otherwise the result does not depend on the order of the
 * batches, nor on how they are divided among threads or merged calibrators, to the bit.
 */
public interface Calibrator {
  /**
   * Takes a batch, of any order and strides; an empty one changes nothing. The batch is not changed
   * or kept, and a refused one has no effect.
   *
   * @param x float values; axes that keep scales must be as long in every batch
   * @throws IllegalArgumentException if the batch holds NaN or infinity and {@link
   *     NonFinite#REFUSE} is set, holds integers, or does not fit the granularity or the earlier
   *     batches
   */
  void observe(INDArray x);

  /**
   * The amax of what was observed: float32, a scalar for one scale per tensor, else a value for
   * each index of the axes that keep scales and 1 along the others, in the rank of the first batch.
   *
   * @throws IllegalStateException if nothing was observed
   */
  INDArray amax();

  /** Values observed, without those left out. */
  long elements();

  /** NaN and infinite values that were left out. */
  long nonFinite();

  /**
   * Takes what another calibrator of the same kind and settings has observed, as if this one had
   * seen it.
   *
   * @throws UnsupportedOperationException if the result depends on the order of the batches
   * @throws IllegalArgumentException if the other is of another kind, settings or shape
   */
  void merge(Calibrator other);

  /** Writes what was observed; the settings are not written. */
  void writeTo(DataOutput out) throws IOException;

  /**
   * Takes what a calibrator of the same kind and settings wrote, in place of what was observed.
   *
   * @throws IOException if that cannot be read, or was written by another kind or with other
   *     settings
   */
  void readFrom(DataInput in) throws IOException;
}
