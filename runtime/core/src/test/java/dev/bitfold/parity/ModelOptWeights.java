package dev.bitfold.parity;

import dev.bitfold.calibration.Batch;
import dev.bitfold.calibration.GridError;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * The amax of a weight per channel as {@code calibrate_weights} of pytorch-quantization finds it:
 * from a histogram per channel, from 0 to the channel's largest magnitude. Stateless.
 */
public final class ModelOptWeights {
  private ModelOptWeights() {}

  /**
   * The amax.
   *
   * @param weight with one amax for each index of {@code axis}
   * @param descriptor its calibration method, percentile and number format are used
   * @param bins of each histogram
   * @param startBin the first bin that MSE and entropy try
   * @return float32, the weight's shape with 1 for all axes but {@code axis}
   * @throws IllegalArgumentException if the weight is not finite, the axis out of range, or the
   *     method none of a weight's
   */
  public static INDArray amax(
      INDArray weight, int axis, QuantDescriptor descriptor, int bins, int startBin) {
    Objects.requireNonNull(weight, "weight");
    Objects.requireNonNull(descriptor, "descriptor");
    Quantizer perChannel = Quantizer.of(GridError.formatOf(descriptor).axis(axis).build());
    Batch batch = Batch.of(perChannel, weight, NonFinite.REFUSE);
    float[] amax = batch.amaxValues();
    float[][] channels = new float[amax.length][(int) (batch.elements() / amax.length)];
    int[] filled = new int[amax.length];
    batch.forEach(
        (values, from, length, group, step) -> {
          for (int i = 0; i < length; i++) {
            int channel = group + i * step;
            channels[channel][filled[channel]++] = Math.abs(values[from + i]);
          }
        });
    for (int c = 0; c < amax.length; c++) {
      if (amax[c] > 0) {
        double[] edges = ModelOptBins.Numpy.linspace(0, amax[c], bins);
        long[] counts = ModelOptBins.Numpy.histogram(channels[c], edges);
        amax[c] = ofChannel(ModelOptHistogram.of(counts, edges), descriptor, startBin, amax[c]);
      }
    }
    return Nd4j.create(amax, batch.amax().shape(), 'c');
  }

  private static float ofChannel(
      ModelOptHistogram histogram, QuantDescriptor descriptor, int startBin, float max) {
    return switch (descriptor.calib()) {
      case MAX -> max;
      case PERCENTILE -> histogram.percentile(descriptor.percentile());
      case MSE -> histogram.mse(descriptor, startBin, 1);
      case ENTROPY -> histogram.entropy(descriptor, startBin, 1);
      case MOVING_AVERAGE ->
          throw new IllegalArgumentException(
              "calib = MOVING_AVERAGE for a weight, which is one batch");
    };
  }
}
