package dev.bitfold.calibration;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Source;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Histograms of magnitudes, one per group, with a fixed number of bins whose width is a power of
 * two: the smallest for which the largest value seen lies inside. A width doubles by adding
 * neighbouring bins, and scaling by a power of two is exact, so that the counts depend on the
 * values alone: not on their order, nor on how they were divided. One value far out makes all these
 * bins wide, so the same values are counted by {@link OctaveCounts} as well. Not safe for
 * concurrent use.
 */
final class BinnedCounts {
  /** 2^-126 is the smallest normal float, and its reciprocal is a float. */
  private static final int MIN_EXPONENT = -126;

  private static final long MAX_COUNTS = 1L << 26;

  private final int bins;
  private final int bits;
  private final long[] counts;
  private final int[] exponent;
  private final float[] inverse;
  private final float[] max;
  private final OctaveCounts octaves;

  /**
   * Empty histograms.
   *
   * @param bins a power of two
   * @throws IllegalArgumentException if they would take more than half a GiB
   */
  BinnedCounts(int groups, int bins) {
    if ((long) groups * bins > MAX_COUNTS) {
      throw new IllegalArgumentException(
          groups
              + " histograms of "
              + bins
              + " bins would take "
              + (((long) groups * bins * Long.BYTES) >> 20)
              + " MiB: use fewer bins, fewer scales or calib = MAX");
    }
    this.bins = bins;
    this.bits = Integer.numberOfTrailingZeros(bins);
    this.counts = new long[groups * bins];
    this.exponent = new int[groups];
    this.inverse = new float[groups];
    this.max = new float[groups];
    this.octaves = new OctaveCounts(groups);
    Arrays.fill(exponent, MIN_EXPONENT);
    Arrays.fill(inverse, Math.scalb(1f, -MIN_EXPONENT));
  }

  int groups() {
    return max.length;
  }

  int bins() {
    return bins;
  }

  /** The largest magnitude of a group. */
  float max(int group) {
    return max[group];
  }

  /** The width of a group's bins: bin i counts from {@code i * width} to the next, exclusive. */
  double width(int group) {
    return Math.scalb(1.0, exponent[group]);
  }

  /** A copy of a group's counts. */
  long[] counts(int group) {
    return Arrays.copyOfRange(counts, group * bins, (group + 1) * bins);
  }

  /** A group's counts in bins of one width. */
  MagnitudeBins even(int group) {
    return MagnitudeBins.ofWidth(width(group), counts(group));
  }

  /** A group's counts in bins as fine as their values. */
  MagnitudeBins octaves(int group) {
    return octaves.bins(group);
  }

  /** Makes room for a magnitude, which must be finite; it is to be counted next. */
  void include(int group, float magnitude) {
    max[group] = Math.max(max[group], magnitude);
    reach(group, magnitude);
  }

  /** Makes a group's bins as wide as a magnitude needs. */
  void reach(int group, float magnitude) {
    widen(group, Math.max(MIN_EXPONENT, Math.getExponent(magnitude) + 1 - bits));
  }

  private void widen(int group, int needed) {
    int shift = needed - exponent[group];
    if (shift <= 0) {
      return;
    }
    int from = group * bins;
    int capped = Math.min(shift, bits);
    int kept = bins >> capped;
    for (int i = 0; i < kept; i++) {
      long sum = 0;
      for (int j = i << capped; j < (i + 1) << capped; j++) {
        sum += counts[from + j];
      }
      counts[from + i] = sum;
    }
    Arrays.fill(counts, from + kept, from + bins, 0);
    exponent[group] = needed;
    inverse[group] = Math.scalb(1f, -needed);
  }

  /** Counts all values of a batch by their magnitude; all must be included. */
  void count(QuantKernels kernels, FloatBuffer values, Groups of) {
    kernels.histogram(Source.of(values), of, inverse, bins, counts);
    GroupRuns.forEach(values, of, octaves::count);
  }

  /**
   * Counts values by their sign too: those of pair p that have the sign bit in group 2p, the others
   * in 2p + 1, which must have the same width. All must be included.
   *
   * @param step 0 if all are of the first pair, 1 if each is of the next
   */
  void countSigned(float[] values, int start, int length, int firstPair, int step) {
    for (int i = 0; i < length; i++) {
      float value = values[start + i];
      int group = 2 * (firstPair + i * step);
      int side = 1 - (Float.floatToRawIntBits(value) >>> 31);
      counts[(group + side) * bins + (int) (Math.abs(value) * inverse[group])]++;
      octaves.count(group + side, value);
    }
  }

  /** Takes back zeros that were counted. */
  void removeZeros(int group, long number) {
    counts[group * bins] -= number;
    octaves.removeZeros(group, number);
  }

  /** Counts all that another has counted. */
  void add(BinnedCounts other) {
    octaves.add(other.octaves);
    for (int g = 0; g < groups(); g++) {
      max[g] = Math.max(max[g], other.max[g]);
      widen(g, other.exponent[g]);
      int shift = Math.min(exponent[g] - other.exponent[g], bits);
      for (int i = 0; i < bins; i++) {
        counts[g * bins + (i >> shift)] += other.counts[g * bins + i];
      }
    }
  }

  BinnedCounts copy() {
    BinnedCounts copy = new BinnedCounts(groups(), bins);
    copy.add(this);
    return copy;
  }

  void writeTo(DataOutput out) throws IOException {
    for (int g = 0; g < groups(); g++) {
      out.writeFloat(max[g]);
      out.writeInt(exponent[g]);
      int used = bins;
      while (used > 0 && counts[g * bins + used - 1] == 0) {
        used--;
      }
      out.writeInt(used);
      for (int i = 0; i < used; i++) {
        out.writeLong(counts[g * bins + i]);
      }
      octaves.writeTo(g, out);
    }
  }

  /**
   * Returns whether a group's bins reach its largest value, and are not wider than a float needs.
   */
  private boolean isInside(int group) {
    int least = Math.max(MIN_EXPONENT, Math.getExponent(max[group]) + 1 - bits);
    return max[group] >= 0
        && Float.isFinite(max[group])
        && exponent[group] >= least
        && exponent[group] <= Float.MAX_EXPONENT + 1;
  }

  static BinnedCounts readFrom(DataInput in, int groups, int bins) throws IOException {
    BinnedCounts read = new BinnedCounts(groups, bins);
    for (int g = 0; g < groups; g++) {
      read.max[g] = in.readFloat();
      read.exponent[g] = in.readInt();
      read.inverse[g] = Math.scalb(1f, -read.exponent[g]);
      int used = in.readInt();
      boolean fits = used >= 0 && used <= bins && read.isInside(g);
      for (int i = 0; fits && i < used; i++) {
        read.counts[g * bins + i] = in.readLong();
        fits = read.counts[g * bins + i] >= 0;
      }
      if (!fits) {
        throw Observed.damaged("histogram calibrator");
      }
      read.octaves.readFrom(g, in);
    }
    return read;
  }
}
