package dev.bitfold.calibration;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Groups;
import dev.bitfold.quantizer.Quantizer;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The range of an affine quantizer by percentile: histograms of the negative values and of the
 * others, from each end of which half of what the percentile leaves out is cut.
 */
public final class SignedHistogramCalibrator implements RangeCalibrator {
  private final QuantDescriptor descriptor;
  private final Quantizer quantizer;
  private final NonFinite policy;
  private final String kind;
  private Observed observed;
  // Group g's values with the sign bit are counted in 2g, the others in 2g + 1.
  private @Nullable BinnedCounts counts;

  SignedHistogramCalibrator(QuantDescriptor descriptor, Quantizer quantizer, NonFinite policy) {
    this.descriptor = descriptor;
    this.quantizer = quantizer;
    this.policy = policy;
    this.kind = "signed histogram calibrator of " + descriptor.bins() + " bins and octaves";
    this.observed = new Observed(kind);
  }

  @Override
  public void observe(INDArray x) {
    Objects.requireNonNull(x, "x");
    if (x.isEmpty()) {
      return;
    }
    Batch batch = Batch.of(quantizer, x, policy);
    Groups groups = batch.groups();
    float[] low = new float[groups.count()];
    float[] high = new float[groups.count()];
    batch.range(low, high);
    synchronized (this) {
      BinnedCounts c =
          counts == null ? new BinnedCounts(2 * low.length, descriptor.bins()) : counts;
      observed.accept(batch);
      counts = c;
      for (int g = 0; g < low.length; g++) {
        include(c, g, Math.max(0, -low[g]), Math.max(0, high[g]));
      }
      batch.forEach(c::countSigned);
      for (int g = 0; g < batch.leftOut().length; g++) {
        c.removeZeros(2 * g + 1, batch.leftOut()[g]);
      }
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
    return observed.array(Ranges.floats(ends(0)));
  }

  @Override
  public synchronized INDArray max() {
    return observed.array(Ranges.floats(ends(1)));
  }

  @Override
  public synchronized INDArray amax() {
    return observed.array(Ranges.amax(ends(0), ends(1)));
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

  /** The end of the values that {@code near} counts, of the bins that bring it nearer to zero. */
  private static double end(BinnedCounts counts, int near, int far, double share) {
    MagnitudeBins even = counts.even(near);
    MagnitudeBins evenFar = counts.even(far);
    double cut = (even.total() + evenFar.total()) * share;
    double end =
        Math.min(even.tail(evenFar, cut), counts.octaves(near).tail(counts.octaves(far), cut));
    return Math.min(end, counts.max(near));
  }

  @Override
  public synchronized long elements() {
    return observed.elements();
  }

  @Override
  public synchronized long nonFinite() {
    return observed.nonFinite();
  }

  @Override
  public void merge(Calibrator other) {
    Objects.requireNonNull(other, "other");
    SignedHistogramCalibrator copy =
        Merging.sameKind(other, SignedHistogramCalibrator.class, kind).copy();
    synchronized (this) {
      observed.accept(copy.observed);
      if (counts == null) {
        counts = copy.counts;
      } else if (copy.counts != null) {
        counts.add(copy.counts);
      }
    }
  }

  private synchronized SignedHistogramCalibrator copy() {
    SignedHistogramCalibrator copy = new SignedHistogramCalibrator(descriptor, quantizer, policy);
    copy.observed.accept(observed);
    copy.counts = counts == null ? null : counts.copy();
    return copy;
  }

  @Override
  public synchronized void writeTo(DataOutput out) throws IOException {
    Objects.requireNonNull(out, "out");
    observed.writeTo(out);
    if (counts != null) {
      counts.writeTo(out);
    }
  }

  @Override
  public synchronized void readFrom(DataInput in) throws IOException {
    Objects.requireNonNull(in, "in");
    Observed read = Observed.readFrom(in, kind);
    counts =
        read.isEmpty() ? null : BinnedCounts.readFrom(in, 2 * read.groups(), descriptor.bins());
    observed = read;
  }
}
