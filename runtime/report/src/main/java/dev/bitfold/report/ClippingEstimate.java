package dev.bitfold.report;

import dev.bitfold.calibration.Histogram;
import java.util.Optional;
import java.util.function.DoubleUnaryOperator;

/**
 * Estimates the error of an amax from a histogram. The values within a bin are assumed to be spread
 * evenly, so the squared error is an integral with a closed form.
 *
 * @param clipped the share of the values beyond amax
 * @param error the relative error (root of noise over signal) with one scale of amax over the
 *     largest code
 */
record ClippingEstimate(double clipped, double error) {
  /**
   * The number of bins below which the positions within bins would decide, so nothing is estimated.
   */
  private static final int FEWEST_BINS = 8;

  /** The smallest share that counts of a bin that the largest value cuts short. */
  private static final double SHORTEST = 1e-3;

  /**
   * Returns the estimate for one amax; empty if the bins are too wide for it, or if there are no
   * values.
   *
   * @param largestCode the code of amax, such as 127 for int8
   */
  static Optional<ClippingEstimate> of(Histogram histogram, double amax, int largestCode) {
    if (!(amax >= FEWEST_BINS * histogram.width()) || histogram.max() == 0) {
      return Optional.empty();
    }
    double step = amax / largestCode;
    double noise = 0;
    double signal = 0;
    double beyond = 0;
    double all = 0;
    for (int i = 0; i < histogram.counts().size(); i++) {
      double from = i * histogram.width();
      double length = Math.min(1, Math.max(SHORTEST, histogram.max() / histogram.width() - i));
      double to = from + length * histogram.width();
      double count = histogram.counts().get(i);
      if (count > 0) {
        noise += count * mean(from, to, x -> noiseUpTo(x, step, largestCode));
        signal += count * mean(from, to, x -> x * x * x / 3);
        beyond += count * mean(from, to, x -> Math.max(0, x - amax));
        all += count;
      }
    }
    return Optional.of(new ClippingEstimate(beyond / all, Math.sqrt(noise / signal)));
  }

  /** Returns the mean of a function between two points, from its integral. */
  private static double mean(double from, double to, DoubleUnaryOperator integral) {
    return (integral.applyAsDouble(to) - integral.applyAsDouble(from)) / (to - from);
  }

  /** Returns the integral of the squared rounding and clipping error from 0 to {@code x}. */
  private static double noiseUpTo(double x, double step, int largestCode) {
    double code = Math.min(Math.rint(x / step), largestCode);
    return code * Math.pow(step, 3) / 12 + Math.pow(x - code * step, 3) / 3;
  }
}
