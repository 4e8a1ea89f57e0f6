package dev.bitfold.calibration;

import dev.bitfold.descriptor.NumberFormat.IntFormat;

/**
 * Computes how much a histogram changes if its lower bins are expressed in a few levels and the
 * rest is clipped, as the Kullback-Leibler divergence. Source: {@code _compute_amax_entropy} of
 * pytorch-quantization and ModelOpt.
 */
public final class Divergence {
  private Divergence() {}

  /** Returns the number of levels of a format's magnitudes. */
  public static int levels(IntFormat format) {
    return 1 << (format.unsigned() ? format.bits() : format.bits() - 1);
  }

  /**
   * Returns the divergence.
   *
   * @param counts the histogram
   * @param kept the number of bins that are kept; the others are added to the last of these
   * @param levels the number of groups, each with one density, that represent the kept bins
   * @return the divergence; infinite if there is a value where none is expected, NaN if there are
   *     no values
   */
  public static double of(long[] counts, int kept, int levels) {
    double[] density = new double[kept];
    double total = spread(counts, kept, levels, density);
    long tail = 0;
    for (int i = kept; i < counts.length; i++) {
      tail += counts[i];
    }
    long all = tail;
    for (int i = 0; i < kept; i++) {
      all += counts[i];
    }
    double divergence = 0;
    for (int i = 0; i < kept; i++) {
      double p = (double) (i == kept - 1 ? counts[i] + tail : counts[i]) / all;
      double q = density[i] / total;
      if (p > 0) {
        divergence += q == 0 ? Double.POSITIVE_INFINITY : p * Math.log(p / q);
      } else if (Double.isNaN(p) || Double.isNaN(q)) {
        return Double.NaN;
      }
    }
    return divergence;
  }

  // The bins of a level share its counts evenly; empty bins stay empty.
  private static double spread(long[] counts, int kept, int levels, double[] density) {
    double step = (double) kept / levels;
    double total = 0;
    int from = 0;
    for (int level = 0; level < levels; level++) {
      double end = level == levels - 1 ? kept : (level + 1) * step;
      int to = from;
      long sum = 0;
      int used = 0;
      while (to < end) {
        sum += counts[to];
        used += counts[to] == 0 ? 0 : 1;
        to++;
      }
      for (int i = from; i < to; i++) {
        density[i] = counts[i] == 0 ? 0 : (double) sum / used;
        total += density[i];
      }
      from = to;
    }
    return total;
  }
}
