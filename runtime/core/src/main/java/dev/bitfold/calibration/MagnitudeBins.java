package dev.bitfold.calibration;

import java.util.Arrays;
import java.util.function.IntToDoubleFunction;

/**
 * Holds the counts of magnitudes in ascending bins.
 *
 * @param counts the count of each bin; must not be changed
 * @param edge the number at which a bin begins and the bin before it ends
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record MagnitudeBins(long[] counts, IntToDoubleFunction edge) {
  /** Returns bins of equal width, the first of which begins at 0. */
  static MagnitudeBins ofWidth(double width, long[] counts) {
    return new MagnitudeBins(counts, bin -> bin * width);
  }

  long total() {
    return Arrays.stream(counts).sum();
  }

  /** Returns the smallest bin edge that at least {@code wanted} magnitudes do not exceed. */
  double reaching(double wanted) {
    long seen = 0;
    int kept = 0;
    while (kept < counts.length && (kept == 0 || seen < wanted)) {
      seen += counts[kept++];
    }
    return edge.applyAsDouble(kept);
  }

  /**
   * Returns the smallest number beyond which there are at most {@code cut} values. These bins count
   * the values above zero.
   *
   * @param below the bins that count the values below zero
   */
  double tail(MagnitudeBins below, double cut) {
    long beyond = 0;
    for (int i = counts.length - 1; i >= 0; i--) {
      if (counts[i] > 0 && beyond + counts[i] > cut) {
        return edge.applyAsDouble(i + 1);
      }
      beyond += counts[i];
    }
    for (int i = 0; i < below.counts.length; i++) {
      if (below.counts[i] > 0 && beyond + below.counts[i] > cut) {
        return -below.edge.applyAsDouble(i);
      }
      beyond += below.counts[i];
    }
    return 0;
  }
}
