package dev.bitfold.calibration;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * Accumulates what one pass over calibration data observes. Its size does not grow with the data.
 * Merging is exact: the bits of the result depend neither on the order of the batches, nor on how
 * they are divided among accumulators.
 *
 * @param <A> the accumulator itself
 */
public interface Accumulator<A extends Accumulator<A>> {
  /**
   * Adds what another accumulator of the same pass has observed.
   *
   * @throws IllegalArgumentException if the two contradict each other, such as in the number of
   *     channels; the message names the tensor
   */
  void merge(A other);

  /** Writes what was observed, without the settings. */
  void writeTo(DataOutput out) throws IOException;

  /**
   * Reads what an accumulator of the same pass wrote into this one, which has observed nothing.
   *
   * @throws IOException if it cannot be read
   */
  void readFrom(DataInput in) throws IOException;
}
