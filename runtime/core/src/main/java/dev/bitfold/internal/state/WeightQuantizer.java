package dev.bitfold.internal.state;

import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Makes the quantizer of a weight, which is its own calibration data. */
public final class WeightQuantizer {
  private WeightQuantizer() {}

  /**
   * Returns the quantizer of a weight with its scale.
   *
   * @param open the quantizer of the descriptor, without a scale
   * @param scale the scale of training or of the user; null if it follows from the weight
   * @throws IllegalArgumentException if the descriptor does not fit the weight
   */
  public static Quantizer of(Quantizer open, INDArray weight, @Nullable CalibratedScale scale) {
    if (scale != null) {
      return scale.fix(open);
    }
    QuantDescriptor descriptor = open.descriptor();
    if (descriptor.calib() == Calib.MAX || !descriptor.needsCalibration()) {
      return open;
    }
    Calibrator calibrator = Calibrators.of(open, NonFinite.REFUSE);
    calibrator.observe(weight);
    return CalibratedScale.of(calibrator).fix(open);
  }

  /** Returns the quantizer of a model's weight in a state. */
  public static Quantizer of(
      ModelShape shape, State state, TensorSite site, QuantDescriptor descriptor, INDArray weight) {
    return of(
        Quantizer.of(descriptor, site.tensor().layout(), shape.kernels()),
        weight,
        state.scales().get(site.path()));
  }
}
