package dev.bitfold.calibration;

/** What a calibrator does with NaN and infinity in a batch. */
public enum NonFinite {
  /** The batch is refused with an exception that names the first one's index. */
  REFUSE,
  /** They are left out and counted; see {@link Calibrator#nonFinite()}. */
  COUNT,
  /**
   * They become the amax, as in pytorch-quantization; only a {@link MaxCalibrator} can. A quantizer
   * will refuse that amax.
   */
  KEEP
}
