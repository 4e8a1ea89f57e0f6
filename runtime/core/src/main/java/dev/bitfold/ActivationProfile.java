package dev.bitfold;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Layout;
import dev.bitfold.annotations.QuantDescriptor;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.calibration.HistogramCalibrator;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Counts what values an input takes. Safe for concurrent use; of fixed size. */
final class ActivationProfile {
  private static final QuantDescriptor HISTOGRAM =
      QuantDescriptor.builder().calib(Calib.PERCENTILE).bins(256).build();

  private final HistogramCalibrator histogram =
      (HistogramCalibrator) Calibrators.of(HISTOGRAM, Layout.UNKNOWN, NonFinite.COUNT);
  private final Calibrator channels;

  ActivationProfile(Layout layout) {
    QuantDescriptor.Builder builder = QuantDescriptor.builder();
    QuantDescriptor perChannel =
        (layout.has('C') ? builder.axis(layout.fromEnd('C')) : builder).build();
    this.channels = Calibrators.of(perChannel, Layout.UNKNOWN, NonFinite.COUNT);
  }

  void observe(INDArray x) {
    histogram.observe(x);
    channels.observe(x);
  }

  Diagnosis.Activations result() {
    float[] amax = DenseFloats.of(channels.amax(), "an amax").copy();
    Arrays.sort(amax);
    double median = (amax[(amax.length - 1) / 2] + (double) amax[amax.length / 2]) / 2;
    return new Diagnosis.Activations(amax[amax.length - 1], median, histogram.histogram());
  }
}
