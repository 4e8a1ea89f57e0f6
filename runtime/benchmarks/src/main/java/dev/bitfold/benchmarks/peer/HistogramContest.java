package dev.bitfold.benchmarks.peer;

import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.calibration.HistogramCalibrator;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.EnumMap;
import java.util.Map;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Compares one batch of a histogram calibrator: the amax and 2048 bins of the magnitudes.
 * libtorch's own operation is histc alone, on existing magnitudes and an existing range, so it does
 * less. The composition does everything.
 */
final class HistogramContest {
  private static final int BINS = 2048;
  private static final double[] PERCENTILES = {50, 90, 99, 99.9};

  private HistogramContest() {}

  static Contest histogram(Tensors t) {
    QuantDescriptor descriptor =
        QuantDescriptor.builder().bits(8).calib(Calib.PERCENTILE).bins(BINS).build();
    Calibrator calibrator = Calibrators.of(descriptor, Layout.UNKNOWN);
    Tensor x = Tensors.view(t.x, t.n);
    Tensor magnitudes = Tensors.view(t.theirs, t.n);
    Tensor counts = t.empty(ScalarType.Float, BINS);
    Tensor largest = t.empty(ScalarType.Float);
    // The width of our bins is a power of two: the smallest one for which the largest magnitude is
    // inside.
    float amax = t.x.amaxNumber().floatValue();
    Scalar from = new Scalar(0f);
    float range = Math.scalb(1f, Math.getExponent(amax) + 1);
    Scalar to = new Scalar(range);
    Map<Side, Runnable> sides = new EnumMap<>(Side.class);
    sides.put(Side.OURS, () -> calibrator.observe(t.x));
    sides.put(Side.NATIVE, () -> torch.histc_out(counts, magnitudes, BINS, from, to));
    sides.put(
        Side.COMPOSED,
        () -> {
          torch.abs_out(magnitudes, x);
          torch.amax_out(largest, magnitudes, new long[] {0}, false);
          torch.histc_out(counts, magnitudes, BINS, from, to);
        });
    torch.abs_out(magnitudes, x);
    return new Contest(
        "histogram of 2048 bins",
        sides,
        () -> {
          torch.abs_out(magnitudes, x);
          torch.histc_out(counts, magnitudes, BINS, from, to);
          HistogramCalibrator own =
              (HistogramCalibrator) Calibrators.of(descriptor, Layout.UNKNOWN);
          own.observe(t.x);
          float[] theirs = new float[BINS];
          new FloatPointer(counts.data_ptr()).get(theirs);
          Agreement agreement = new Agreement("histogram", 0);
          for (double percentile : PERCENTILES) {
            agreement.value(
                Side.NATIVE,
                (int) percentile,
                own.percentile(percentile).getDouble(0),
                edge(theirs, percentile / 100 * t.n) * range / BINS);
          }
        });
  }

  /** Returns the first bin edge below which there are enough values. */
  private static int edge(float[] counts, double needed) {
    double below = 0;
    int bin = 0;
    while (bin < counts.length && below < needed) {
      below += counts[bin];
      bin++;
    }
    return bin;
  }
}
