package dev.bitfold.internal.state;

import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The quantizer of a weight: the weight itself is its calibration data. */
public final class WeightQuantizer {
  private WeightQuantizer() {}

  /**
   * The quantizer that a descriptor gives for a weight.
   *
   * @throws IllegalArgumentException if the descriptor does not fit the weight
   */
  public static Quantizer of(QuantDescriptor descriptor, Layout layout, INDArray weight) {
    return of(descriptor, layout, weight, null);
  }

  /**
   * The same for a weight that may have a scale of its own.
   *
   * @param scale as training left it; null if it follows from the weight
   */
  public static Quantizer of(
      QuantDescriptor descriptor, Layout layout, INDArray weight, @Nullable CalibratedScale scale) {
    Quantizer quantizer = Quantizer.of(descriptor, layout);
    if (scale != null) {
      return scale.fix(quantizer);
    }
    if (descriptor.calib() == Calib.MAX || !descriptor.needsCalibration()) {
      return quantizer;
    }
    Calibrator calibrator = Calibrators.of(descriptor, layout);
    calibrator.observe(weight);
    return CalibratedScale.of(calibrator).fix(quantizer);
  }
}
