package dev.bitfold.calibration;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Finds the smallest and the largest value of an affine quantizer. */
public sealed interface RangeCalibrator extends Calibrator
    permits MinMaxCalibrator, SignedHistogramCalibrator {
  /**
   * Returns the smallest value of the range, shaped as {@link #amax()}; it may be above 0.
   *
   * @throws IllegalStateException if nothing was observed
   */
  INDArray min();

  /**
   * Returns the largest value of the range, shaped as {@link #amax()}; it may be below 0.
   *
   * @throws IllegalStateException if nothing was observed
   */
  INDArray max();
}
