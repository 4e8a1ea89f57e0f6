package dev.bitfold.calibration;

import dev.bitfold.descriptor.NumberFormat.IntFormat;
import java.util.Arrays;

/** Finds the amax of one group from the histogram of its magnitudes, by each method. */
final class GroupHistogram {
  /** The number of candidates in the first round of a search. */
  private static final int COARSE = 128;

  private final long[] counts;
  private final double width;
  private final float max;
  private final MagnitudeBins octaves;

  private GroupHistogram(long[] counts, double width, float max, MagnitudeBins octaves) {
    this.counts = counts;
    this.width = width;
    this.max = max;
    this.octaves = octaves;
  }

  static GroupHistogram of(BinnedCounts binned, int group) {
    long[] counts = binned.counts(group);
    int used = counts.length;
    while (used > 1 && counts[used - 1] == 0) {
      used--;
    }
    return new GroupHistogram(
        Arrays.copyOf(counts, used), binned.width(group), binned.max(group), binned.octaves(group));
  }

  /** Returns the upper edge of the kept bins, at most the largest value. */
  private float edge(int kept) {
    return (float) Math.min(kept * width, max);
  }

  /**
   * Returns the smallest bin edge that at least the given percentage of the values does not exceed,
   * among the bins of equal width and those of the octaves. It is at most 1/128 above the exact
   * percentile.
   */
  float percentile(double percentile) {
    double wanted = octaves.total() * (percentile / 100);
    double even = MagnitudeBins.ofWidth(width, counts).reaching(wanted);
    return (float) Math.min(Math.min(even, octaves.reaching(wanted)), max);
  }

  /**
   * Returns the bin edge with the smallest squared error: the best of {@value #COARSE} evenly
   * spaced edges, and then the best around that edge. Of equal edges, it is the largest.
   */
  float mse(GridError grid) {
    float[] centers = new float[counts.length];
    for (int i = 0; i < centers.length; i++) {
      centers[i] = (float) ((i + 0.5) * width);
    }
    int steps = Math.min(COARSE, counts.length);
    int[] coarse = new int[steps];
    for (int i = 0; i < steps; i++) {
      coarse[i] = (int) ((long) counts.length * (i + 1) / steps);
    }
    int best = coarse[leastError(grid, centers, coarse)];
    int reach = counts.length / steps;
    int from = Math.max(1, best - reach);
    int[] fine = new int[Math.min(counts.length, best + reach) - from + 1];
    Arrays.setAll(fine, i -> from + i);
    return edge(fine[leastError(grid, centers, fine)]);
  }

  private int leastError(GridError grid, float[] centers, int[] kept) {
    float[] candidates = new float[kept.length];
    for (int i = 0; i < kept.length; i++) {
      candidates[i] = edge(kept[i]);
    }
    double[] errors = grid.squared(centers, counts, candidates);
    int least = 0;
    for (int i = 1; i < errors.length; i++) {
      if (errors[i] <= errors[least]) {
        least = i;
      }
    }
    return least;
  }

  /**
   * Returns the bin edge with the smallest Kullback-Leibler divergence, or the last one of equal
   * edges. The lowest bin, which often holds the zeros of an activation, counts as much as the next
   * one.
   */
  float entropy(IntFormat format) {
    int levels = Divergence.levels(format);
    if (counts.length <= levels) {
      return max;
    }
    long[] density = counts.clone();
    density[0] = density[1];
    int stride = Math.max(1, counts.length / (2 * COARSE));
    int best = counts.length;
    double least = Divergence.of(density, best, levels);
    for (int kept = counts.length - stride; kept >= levels; kept -= stride) {
      double divergence = Divergence.of(density, kept, levels);
      if (divergence < least) {
        least = divergence;
        best = kept;
      }
    }
    return edge(best);
  }
}
