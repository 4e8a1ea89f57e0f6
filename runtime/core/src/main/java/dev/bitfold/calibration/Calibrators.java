package dev.bitfold.calibration;

import dev.bitfold.annotations.Calib;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.ScaleFormat;
import dev.bitfold.quantizer.Quantizer;
import java.util.Objects;

/** Makes the calibrators of descriptors. Stateless. */
public final class Calibrators {
  private Calibrators() {}

  /** Returns the calibrator of a descriptor, which refuses NaN and infinity. */
  public static Calibrator of(QuantDescriptor descriptor, Layout layout) {
    return of(descriptor, layout, NonFinite.REFUSE);
  }

  /**
   * Returns the calibrator of a descriptor. For an affine descriptor, it is a {@link
   * RangeCalibrator}. For dynamic blocks with E4M3 scales, it finds the amax of the whole tensor
   * ({@link QuantDescriptor#scaleAmax}).
   *
   * @param layout the layout of the tensor, for axes that are given by letter
   * @param nonFinite what to do with NaN and infinity
   * @throws IllegalArgumentException if there is nothing to calibrate (the scale is dynamic or the
   *     amax is given), if the method cannot be combined with the granularity or the number format,
   *     or if the descriptor does not fit the layout
   */
  public static Calibrator of(QuantDescriptor descriptor, Layout layout, NonFinite nonFinite) {
    return of(Quantizer.of(descriptor, layout), nonFinite);
  }

  /**
   * Returns the calibrator of a quantizer that has no scale yet, on the quantizer's kernels.
   *
   * @param nonFinite what to do with NaN and infinity
   * @throws IllegalArgumentException as {@link #of(QuantDescriptor, Layout, NonFinite)}
   */
  public static Calibrator of(Quantizer open, NonFinite nonFinite) {
    Objects.requireNonNull(open, "open");
    Objects.requireNonNull(nonFinite, "nonFinite");
    QuantDescriptor descriptor = open.descriptor();
    boolean global = descriptor.dynamic() && descriptor.scaleFormat() == ScaleFormat.E4M3;
    require(
        !descriptor.dynamic() || global,
        descriptor,
        "nothing to calibrate, its scale comes from each tensor");
    require(descriptor.amax().isEmpty(), descriptor, "nothing to calibrate, its amax is given");
    QuantDescriptor of = global ? perTensor(descriptor) : descriptor;
    Quantizer quantizer = global ? Quantizer.of(of, open.layout(), open.kernels()) : open;
    require(
        nonFinite != NonFinite.KEEP || (of.calib() == Calib.MAX && !of.affine()),
        of,
        "NaN and infinity can be kept with calib = MAX only");
    return of.affine() ? range(of, quantizer, nonFinite) : amax(of, quantizer, nonFinite);
  }

  private static Calibrator amax(QuantDescriptor of, Quantizer quantizer, NonFinite nonFinite) {
    return switch (of.calib()) {
      case MAX -> new MaxCalibrator(quantizer, nonFinite);
      case MOVING_AVERAGE ->
          new MovingAverageCalibrator(quantizer, nonFinite, MovingAverageCalibrator.DEFAULT_WEIGHT);
      case PERCENTILE, MSE, ENTROPY -> new HistogramCalibrator(of, quantizer, nonFinite);
    };
  }

  private static Calibrator range(QuantDescriptor of, Quantizer quantizer, NonFinite nonFinite) {
    return switch (of.calib()) {
      case MAX -> new MinMaxCalibrator(quantizer, nonFinite, 0);
      case MOVING_AVERAGE ->
          new MinMaxCalibrator(quantizer, nonFinite, MovingAverageCalibrator.DEFAULT_WEIGHT);
      case PERCENTILE -> new SignedHistogramCalibrator(of, quantizer, nonFinite);
      case MSE, ENTROPY ->
          throw bad(of, "an affine range has no calib = " + of.calib() + ", use MAX or PERCENTILE");
    };
  }

  private static QuantDescriptor perTensor(QuantDescriptor descriptor) {
    return QuantDescriptor.builder()
        .calib(descriptor.calib())
        .percentile(descriptor.percentile())
        .bins(descriptor.bins())
        .build();
  }

  private static void require(boolean holds, QuantDescriptor descriptor, String message) {
    if (!holds) {
      throw bad(descriptor, message);
    }
  }

  private static IllegalArgumentException bad(QuantDescriptor descriptor, String message) {
    return new IllegalArgumentException("calibrating " + descriptor + ": " + message);
  }
}
