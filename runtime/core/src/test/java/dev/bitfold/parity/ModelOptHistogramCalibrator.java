package dev.bitfold.parity;

import dev.bitfold.calibration.Batch;
import dev.bitfold.calibration.HistogramCalibrator;
import dev.bitfold.calibration.NonFinite;
import dev.bitfold.calibration.Observed;
import dev.bitfold.calibration.ObservedCalibrator;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.util.Arrays;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The histogram of ModelOpt and pytorch-quantization, to give the same amax as they do: per tensor,
 * its bins fixed by the first batch and more added for larger values. So it depends on the order of
 * the batches, cannot be merged, and grows with the range, up to 2^20 bins; prefer {@link
 * HistogramCalibrator}. Source: {@code HistogramCalibrator} in calib/histogram.py.
 */
public final class ModelOptHistogramCalibrator
    extends ObservedCalibrator<ModelOptHistogramCalibrator> {
  private static final int START_BIN = 128;

  private final QuantDescriptor descriptor;
  private final ModelOptBins bins;
  private final boolean skipZeros;

  private ModelOptHistogramCalibrator(
      QuantDescriptor descriptor, ModelOptBins bins, boolean skipZeros) {
    super(Quantizer.of(descriptor), NonFinite.REFUSE, "ModelOpt histogram calibrator");
    if (!descriptor.perTensor()) {
      throw new IllegalArgumentException(
          descriptor + ": this histogram is per tensor; use the default one");
    }
    this.descriptor = descriptor;
    this.bins = bins;
    this.skipZeros = skipZeros;
  }

  /**
   * Bins from 0 to the first batch's largest magnitude, as with {@code torch_hist=True}.
   *
   * @param descriptor per tensor; its method, percentile and number format are used
   * @param bins of the first batch
   * @param skipZeros whether zeros are not counted
   * @throws IllegalArgumentException if the descriptor is not per tensor
   */
  public static ModelOptHistogramCalibrator torch(
      QuantDescriptor descriptor, int bins, boolean skipZeros) {
    Objects.requireNonNull(descriptor, "descriptor");
    return new ModelOptHistogramCalibrator(
        descriptor, new ModelOptBins.Torch(required(bins)), skipZeros);
  }

  /**
   * Bins from the first batch's smallest magnitude to its largest, as with {@code
   * torch_hist=False}: smaller values of later batches are not counted.
   *
   * @param descriptor as in {@link #torch}
   * @param bins as in {@link #torch}
   * @param skipZeros as in {@link #torch}
   * @throws IllegalArgumentException if the descriptor is not per tensor
   */
  public static ModelOptHistogramCalibrator numpy(
      QuantDescriptor descriptor, int bins, boolean skipZeros) {
    Objects.requireNonNull(descriptor, "descriptor");
    return new ModelOptHistogramCalibrator(
        descriptor, new ModelOptBins.Numpy(required(bins)), skipZeros);
  }

  private static int required(int bins) {
    if (bins < 1 || bins > ModelOptBins.MAX_BINS) {
      throw new IllegalArgumentException(
          "bins = " + bins + ": a histogram has 1 to " + ModelOptBins.MAX_BINS);
    }
    return bins;
  }

  /**
   * Takes a batch; NaN and infinity are refused, as by ModelOpt. Adding it throws {@link
   * IllegalStateException} if its largest value would need more than 2^20 bins.
   */
  @Override
  protected Runnable statistics(Batch batch) {
    float[] values = batch.copy();
    int kept = 0;
    for (float value : values) {
      if (value != 0 || !skipZeros) {
        values[kept++] = Math.abs(value);
      }
    }
    float[] counted = Arrays.copyOf(values, kept);
    return () -> {
      if (counted.length > 0) {
        bins.add(counted);
      }
    };
  }

  /**
   * What was collected.
   *
   * @throws IllegalStateException if nothing was observed, or only zeros that are not counted
   */
  public synchronized ModelOptHistogram histogram() {
    if (bins.counts.length == 0) {
      throw nothingObserved();
    }
    return ModelOptHistogram.of(bins.counts, bins.edges);
  }

  @Override
  public INDArray amax() {
    ModelOptHistogram histogram = histogram();
    float amax =
        switch (descriptor.calib()) {
          case PERCENTILE -> histogram.percentile(descriptor.percentile());
          case MSE -> histogram.mse(descriptor, START_BIN, 1);
          case ENTROPY -> histogram.entropy(descriptor, START_BIN, 1);
          case MAX, MOVING_AVERAGE ->
              throw new IllegalStateException(
                  "calib = " + descriptor.calib() + " is no method of a histogram");
        };
    return array(new float[] {amax});
  }

  @Override
  protected boolean isOrdered() {
    return true;
  }

  @Override
  protected ModelOptHistogramCalibrator empty() {
    throw notKept();
  }

  @Override
  protected void add(ModelOptHistogramCalibrator other) {
    throw notKept();
  }

  @Override
  protected void writeStatistics(DataOutput out) {
    throw notKept();
  }

  @Override
  protected void readStatistics(DataInput in, Observed read) {
    throw notKept();
  }

  private static UnsupportedOperationException notKept() {
    return new UnsupportedOperationException(
        "ModelOpt histogram calibrator: not for keeping; use the default histogram");
  }
}
