package dev.bitfold.calibration;

import org.nd4j.linalg.api.ndarray.INDArray;

/** A calibrator of an affine quantizer, which has a smallest and a largest value. */
public sealed interface RangeCalibrator extends Calibrator
    permits MinMaxCalibrator, SignedHistogramCalibrator {
  /**
   * The smallest value of the range, shaped as {@link #amax()}; it may be above 0.
   *
   * @throws IllegalStateException if nothing was observed
   */
  INDArray min();

  /**
   * The largest value of the range, shaped as {@link #amax()}; it may be below 0.
   *
   * @throws IllegalStateException if nothing was observed
   */
  INDArray max();
}
