package dev.bitfold.annotations;

/** How the amax of a static quantizer is found from the calibration data. */
public enum Calib {
  /** The largest absolute value seen. */
  MAX,
  /** The {@link Quantize#percentile()} of the absolute values, from a histogram. */
  PERCENTILE,
  /** The amax with the smallest mean squared error, from a histogram. */
  MSE,
  /** The amax with the smallest Kullback-Leibler divergence, from a histogram. */
  ENTROPY,
  /** An exponential moving average of each batch's largest absolute value; the order counts. */
  MOVING_AVERAGE
}
