package dev.bitfold.diagnosis;

import dev.bitfold.annotations.Calib;
import dev.bitfold.calibration.Accumulator;
import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.Calibrators;
import dev.bitfold.calibration.HistogramCalibrator;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.DenseFloats;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Collects statistics of the values of an input. Its size does not depend on the data. Safe for
 * concurrent use.
 */
final class ActivationProfile implements Accumulator<ActivationProfile> {
  private static final QuantDescriptor HISTOGRAM =
      QuantDescriptor.builder().calib(Calib.PERCENTILE).bins(256).build();

  private final HistogramCalibrator histogram;
  private final Calibrator channels;
  private final boolean perChannel;

  ActivationProfile(Layout layout, QuantKernels kernels) {
    this.histogram = (HistogramCalibrator) calibrator(HISTOGRAM, kernels);
    this.perChannel = layout.has('C');
    QuantDescriptor.Builder builder = QuantDescriptor.builder();
    QuantDescriptor descriptor = (perChannel ? builder.axis(layout.fromEnd('C')) : builder).build();
    this.channels = calibrator(descriptor, kernels);
  }

  private static Calibrator calibrator(QuantDescriptor descriptor, QuantKernels kernels) {
    return Calibrators.of(Quantizer.of(descriptor, Layout.UNKNOWN, kernels), NonFinite.COUNT);
  }

  void observe(INDArray x) {
    histogram.observe(x);
    channels.observe(x);
  }

  @Override
  public void merge(ActivationProfile other) {
    histogram.merge(other.histogram);
    channels.merge(other.channels);
  }

  @Override
  public void writeTo(DataOutput out) throws IOException {
    histogram.writeTo(out);
    channels.writeTo(out);
  }

  @Override
  public void readFrom(DataInput in) throws IOException {
    histogram.readFrom(in);
    channels.readFrom(in);
  }

  Diagnosis.Activations result() {
    float[] amax = DenseFloats.of(channels.amax(), "an amax").copy();
    List<Float> each = new ArrayList<>();
    for (float channel : amax) {
      each.add(channel);
    }
    Arrays.sort(amax);
    double median = (amax[(amax.length - 1) / 2] + (double) amax[amax.length / 2]) / 2;
    return new Diagnosis.Activations(
        amax[amax.length - 1], median, perChannel ? each : List.of(), histogram.histogram());
  }

  /** Returns the amax that each calibration method would choose. */
  Map<String, Double> calibrators() {
    Map<String, Double> chosen = new LinkedHashMap<>();
    chosen.put("max", (double) histogram.histogram().max());
    for (double percentile : new double[] {99.9, 99.99, 99.999}) {
      chosen.put("percentile " + percentile, value(histogram.percentile(percentile)));
    }
    chosen.put("mse, 8 bits", value(histogram.mse()));
    chosen.put("entropy, 8 bits", value(histogram.entropy()));
    return chosen;
  }

  private static double value(INDArray amax) {
    return amax.getDouble(0);
  }
}
