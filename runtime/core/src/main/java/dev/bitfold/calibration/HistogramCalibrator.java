package dev.bitfold.calibration;

import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the amax from a histogram of the magnitudes, per tensor or per channel, by percentile, mean
 * squared error or entropy. One calibrator gives the results of all three.
 *
 * <p>The width of a bin is a power of two, and doubles when a larger value comes. Therefore, memory
 * is fixed (bins times scales) and merging is exact. A percentile also uses bins whose width is
 * 1/128 of their values, with 128 additional counts for each power of two that occurs. A single
 * outlier does not make the percentile less exact. The bins of ModelOpt's own histogram depend on
 * the first batch.
 */
public final class HistogramCalibrator extends ObservedCalibrator<HistogramCalibrator> {
  private final QuantDescriptor descriptor;
  private @Nullable BinnedCounts counts;

  HistogramCalibrator(QuantDescriptor descriptor, Quantizer quantizer, NonFinite policy) {
    super(quantizer, policy, "histogram calibrator of " + descriptor.bins() + " bins and octaves");
    this.descriptor = descriptor;
  }

  @Override
  protected Runnable statistics(Batch batch) {
    float[] amax = batch.amaxValues();
    return () -> count(batch, amax);
  }

  private void count(Batch batch, float[] amax) {
    BinnedCounts c = counts == null ? new BinnedCounts(amax.length, descriptor.bins()) : counts;
    counts = c;
    for (int g = 0; g < amax.length; g++) {
      c.include(g, amax[g]);
    }
    batch.count(c);
    for (int g = 0; g < batch.leftOut().length; g++) {
      c.removeZeros(g, batch.leftOut()[g]);
    }
  }

  /** Returns the amax by the method of the descriptor. */
  @Override
  public INDArray amax() {
    return switch (descriptor.calib()) {
      case PERCENTILE -> percentile(descriptor.percentile());
      case MSE -> mse();
      case ENTROPY -> entropy();
      case MAX, MOVING_AVERAGE -> percentile(100);
    };
  }

  /**
   * Returns the smallest bin edge that at least the given percentage of the magnitudes does not
   * exceed, and the largest magnitude at 100. It is at most 1/128 above the exact percentile,
   * however large the outliers are. Near the largest magnitude, it is at most one bin of {@code
   * largest / bins} above.
   *
   * @param percentile above 0, at most 100
   * @throws IllegalArgumentException if the percentile is outside of this range
   * @throws IllegalStateException if nothing was observed
   */
  public INDArray percentile(double percentile) {
    if (!(percentile > 0 && percentile <= 100)) {
      throw new IllegalArgumentException(
          "percentile = " + percentile + ": it is above 0 and at most 100");
    }
    return perGroup(histogram -> histogram.percentile(percentile));
  }

  /**
   * Returns the bin edge with the smallest squared error in the descriptor's number format,
   * computed at the bins' centers: the best of 128 evenly spaced edges, refined to a bin.
   *
   * @throws IllegalStateException if nothing was observed
   */
  public INDArray mse() {
    GridError grid = new GridError(descriptor, quantizer().kernels());
    return perGroup(histogram -> histogram.mse(grid));
  }

  /**
   * Returns the bin edge with the smallest Kullback-Leibler divergence between the magnitudes and
   * their quantized form, as in TensorRT.
   *
   * @throws IllegalStateException if nothing was observed
   * @throws UnsupportedOperationException if the descriptor's number format is not an integer
   *     format
   */
  public INDArray entropy() {
    IntFormat integers =
        descriptor
            .format()
            .integers()
            .orElseThrow(
                () ->
                    new UnsupportedOperationException(
                        "calib = ENTROPY for "
                            + descriptor
                            + ": entropy is defined for integer formats only"));
    return perGroup(histogram -> histogram.entropy(integers));
  }

  /**
   * Returns the counts of the first scale's magnitudes, which are all magnitudes if there is one
   * scale per tensor.
   *
   * @throws IllegalStateException if nothing was observed
   */
  public synchronized Histogram histogram() {
    BinnedCounts c = counts;
    if (c == null) {
      throw nothingObserved();
    }
    return new Histogram(
        c.width(0), Arrays.stream(c.counts(0)).boxed().toList(), c.max(0), nonFinite());
  }

  private synchronized INDArray perGroup(Function<GroupHistogram, Float> method) {
    BinnedCounts c = counts;
    float[] amax = new float[c == null ? 0 : c.groups()];
    for (int g = 0; g < amax.length && c != null; g++) {
      amax[g] = method.apply(GroupHistogram.of(c, g));
    }
    return array(amax);
  }

  @Override
  protected HistogramCalibrator empty() {
    return new HistogramCalibrator(descriptor, quantizer(), policy());
  }

  @Override
  protected void add(HistogramCalibrator other) {
    BinnedCounts more = other.counts;
    if (counts == null) {
      counts = more == null ? null : more.copy();
    } else if (more != null) {
      counts.add(more);
    }
  }

  @Override
  protected void writeStatistics(DataOutput out) throws IOException {
    if (counts != null) {
      counts.writeTo(out);
    }
  }

  @Override
  protected void readStatistics(DataInput in, Observed read) throws IOException {
    counts = read.isEmpty() ? null : BinnedCounts.readFrom(in, read.groups(), descriptor.bins());
  }
}
