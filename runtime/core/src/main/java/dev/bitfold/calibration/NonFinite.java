package dev.bitfold.calibration;

/** Names what a calibrator does with NaN and infinity in a batch. */
public enum NonFinite {
  /** The batch is refused with an exception that names the first one's index. */
  REFUSE,
  /** The values are left out and counted; see {@link Calibrator#nonFinite()}. */
  COUNT,
  /**
   * The values become the amax, as in pytorch-quantization. Only a {@link MaxCalibrator} does so,
   * and a quantizer refuses that amax.
   */
  KEEP
}
