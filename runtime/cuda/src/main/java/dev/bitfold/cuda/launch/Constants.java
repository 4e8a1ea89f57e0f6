package dev.bitfold.cuda.launch;

/** Puts on the card what kernels read beside a tensor: scales, factors, axes. */
public interface Constants {
  /**
   * Sends floats.
   *
   * @param values the first {@code count} of them
   * @return their address
   */
  long floats(float[] values, int count);

  /**
   * Sends integers.
   *
   * @return their address
   */
  long integers(int[] values);
}
