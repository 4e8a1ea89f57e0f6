package dev.bitfold.calibration;

import dev.bitfold.descriptor.NumberFormat.IntFormat;
import java.util.Arrays;

/** The histogram of one group's magnitudes, and the amax that each method finds in it. */
final class GroupHistogram {
  /** Candidates of the first round of a search. */
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

  /** The upper edge of the kept bins, at most the largest value. */
  private float edge(int kept) {
    return (float) Math.min(kept * width, max);
  }

  /**
   * Returns the smallest bin edge that at least so many percent of the values do not exceed, of the
   * bins of one width and of those of the octaves: at most 1/128 above the exact percentile.
   */
  float percentile(double percentile) {
    double wanted = octaves.total() * (percentile / 100);
    double even = MagnitudeBins.ofWidth(width, counts).reaching(wanted);
    return (float) Math.min(Math.min(even, octaves.reaching(wanted)), max);
  }

  /**
   * The bin edge with the smallest squared error: the best of {@value #COARSE} evenly spaced edges,
   * then the best around it; of equals the largest.
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
   * The bin edge with the smallest Kullback-Leibler divergence, the last one of equals. Values in
   * the lowest bin, often zeros after an activation, count as many as those in the next.
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
