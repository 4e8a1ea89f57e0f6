package dev.bitfold.calibration;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Finds the range of an affine quantizer by percentile, from histograms of the negative values and
 * of the other values. Half of what the percentile leaves out is cut from each end.
 */
public final class SignedHistogramCalibrator extends ObservedCalibrator<SignedHistogramCalibrator>
    implements RangeCalibrator {
  private final QuantDescriptor descriptor;
  // Group g's values with the sign bit are counted in 2g, the others in 2g + 1.
  private @Nullable BinnedCounts counts;

  SignedHistogramCalibrator(QuantDescriptor descriptor, Quantizer quantizer, NonFinite policy) {
    super(
        quantizer,
        policy,
        "signed histogram calibrator of " + descriptor.bins() + " bins and octaves");
    this.descriptor = descriptor;
  }

  @Override
  protected Runnable statistics(Batch batch) {
    float[] low = new float[batch.groups().count()];
    float[] high = new float[low.length];
    batch.range(low, high);
    return () -> count(batch, low, high);
  }

  private void count(Batch batch, float[] low, float[] high) {
    BinnedCounts c = counts == null ? new BinnedCounts(2 * low.length, descriptor.bins()) : counts;
    counts = c;
    for (int g = 0; g < low.length; g++) {
      include(c, g, Math.max(0, -low[g]), Math.max(0, high[g]));
    }
    batch.forEach(c::countSigned);
    for (int g = 0; g < batch.leftOut().length; g++) {
      c.removeZeros(2 * g + 1, batch.leftOut()[g]);
    }
  }

  private static void include(BinnedCounts counts, int group, float below, float above) {
    counts.include(2 * group, below);
    counts.include(2 * group + 1, above);
    // One width for both sides, so that the sign alone tells where a value is counted.
    counts.reach(2 * group, above);
    counts.reach(2 * group + 1, below);
  }

  @Override
  public synchronized INDArray min() {
    return array(Ranges.floats(ends(0)));
  }

  @Override
  public synchronized INDArray max() {
    return array(Ranges.floats(ends(1)));
  }

  @Override
  public synchronized INDArray amax() {
    return array(Ranges.amax(ends(0), ends(1)));
  }

  // The lower ends (side 0) or the upper ones (side 1) of the groups' ranges.
  private double[] ends(int side) {
    BinnedCounts c = counts;
    if (c == null) {
      return new double[0];
    }
    double[] ends = new double[c.groups() / 2];
    double share = (1 - descriptor.percentile() / 100) / 2;
    for (int g = 0; g < ends.length; g++) {
      double end = end(c, 2 * g + side, 2 * g + 1 - side, share);
      ends[g] = side == 0 ? 0 - end : 0 + end; // no -0
    }
    return ends;
  }

  /**
   * Returns the end of the values that {@code near} counts, by the bins whose end is nearer to
   * zero.
   */
  private static double end(BinnedCounts counts, int near, int far, double share) {
    MagnitudeBins even = counts.even(near);
    MagnitudeBins evenFar = counts.even(far);
    double cut = (even.total() + evenFar.total()) * share;
    double end =
        Math.min(even.tail(evenFar, cut), counts.octaves(near).tail(counts.octaves(far), cut));
    return Math.min(end, counts.max(near));
  }

  @Override
  protected SignedHistogramCalibrator empty() {
    return new SignedHistogramCalibrator(descriptor, quantizer(), policy());
  }

  @Override
  protected void add(SignedHistogramCalibrator other) {
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
    counts =
        read.isEmpty() ? null : BinnedCounts.readFrom(in, 2 * read.groups(), descriptor.bins());
  }
}
