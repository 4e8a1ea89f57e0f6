package dev.bitfold.annotations;

/** Names the ways to find the amax of a static quantizer from the calibration data. */
public enum Calib {
  /** The largest absolute value seen. */
  MAX,
  /** The {@link Quantize#percentile()} of the absolute values, from a histogram. */
  PERCENTILE,
  /** The amax with the smallest mean squared error, from a histogram. */
  MSE,
  /** The amax with the smallest Kullback-Leibler divergence, from a histogram. */
  ENTROPY,
  /**
   * An exponential moving average of each batch's largest absolute value; it depends on the order
   * of the batches.
   */
  MOVING_AVERAGE;

  /** Returns whether the values are counted in a histogram, of {@link Quantize#bins()}. */
  public boolean usesBins() {
    return this == PERCENTILE || this == MSE || this == ENTROPY;
  }
}
