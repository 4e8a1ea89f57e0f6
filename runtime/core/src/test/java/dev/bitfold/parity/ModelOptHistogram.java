package dev.bitfold.parity;

import dev.bitfold.calibration.Divergence;
import dev.bitfold.calibration.GridError;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.Kernels;

/**
 * A histogram of magnitudes as ModelOpt and pytorch-quantization collect it, and the amax that they
 * find in it, for comparison with them. Immutable.
 */
public final class ModelOptHistogram {
  private final long[] counts;
  private final double[] edges;

  private ModelOptHistogram(long[] counts, double[] edges) {
    this.counts = counts;
    this.edges = edges;
  }

  /**
   * Of counts and edges.
   *
   * @param counts values from an edge to the next
   * @param edges ascending; at least one more than counts
   * @throws IllegalArgumentException if there are fewer edges than that, or no counts
   */
  public static ModelOptHistogram of(long[] counts, double[] edges) {
    if (counts.length == 0 || edges.length <= counts.length) {
      throw new IllegalArgumentException(
          counts.length + " counts and " + edges.length + " edges: one edge more is needed");
    }
    return new ModelOptHistogram(counts.clone(), edges.clone());
  }

  /** The counts, a copy. */
  public long[] counts() {
    return counts.clone();
  }

  /** The edges, a copy. */
  public double[] edges() {
    return edges.clone();
  }

  /**
   * The lower edge of the first bin at which the share of values counted so far reaches the
   * percentile. Source: {@code _compute_amax_percentile}.
   *
   * @throws IllegalArgumentException if the percentile is not between 0 and 100
   */
  public float percentile(double percentile) {
    if (!(percentile >= 0 && percentile <= 100)) {
      throw new IllegalArgumentException(
          "percentile = " + percentile + ": it is between 0 and 100");
    }
    double total = 0;
    for (long count : counts) {
      total += count;
    }
    double share = 0;
    int index = 0;
    while (index < counts.length) {
      share += counts[index] / total;
      if (share >= percentile / 100) {
        break;
      }
      index++;
    }
    return (float) edges[index];
  }

  /**
   * The center of a bin with the smallest squared error of all centers, the first one of equals.
   * Source: {@code _compute_amax_mse} of pytorch-quantization.
   *
   * @param descriptor its number format is used
   * @param startBin the first bin to try
   * @param stride from one bin to try to the next
   * @throws IllegalArgumentException if there is no bin to try
   */
  public float mse(QuantDescriptor descriptor, int startBin, int stride) {
    requireBins(startBin, stride, counts.length - 1);
    float[] centers = new float[counts.length];
    for (int i = 0; i < centers.length; i++) {
      centers[i] = ((float) edges[i] + (float) edges[i + 1]) / 2;
    }
    float[] candidates = new float[(counts.length - 1 - startBin) / stride + 1];
    for (int i = 0; i < candidates.length; i++) {
      candidates[i] = centers[startBin + i * stride];
    }
    double[] errors =
        new GridError(descriptor, Kernels.active()).squared(centers, counts, candidates);
    int best = 0;
    for (int i = 1; i < errors.length; i++) {
      if (errors[i] < errors[best]) {
        best = i;
      }
    }
    return candidates[best];
  }

  /**
   * The edge with the smallest Kullback-Leibler divergence when all above it is clipped, the last
   * one of equals. Source: {@code _compute_amax_entropy}.
   *
   * @param descriptor its number format is used, which must be of integers
   * @param startBin the least number of bins to keep
   * @param stride from one number to try to the next
   * @throws IllegalArgumentException if there is no number to try, or the format is of floats
   */
  public float entropy(QuantDescriptor descriptor, int startBin, int stride) {
    requireBins(startBin, stride, counts.length);
    if (!(descriptor.format() instanceof IntFormat format)) {
      throw new IllegalArgumentException(
          "entropy for " + descriptor + ": it is defined for integer formats only");
    }
    long[] density = counts.clone();
    if (density.length > 1) {
      density[0] = density[1];
    }
    int levels = Divergence.levels(format);
    double least = Double.POSITIVE_INFINITY;
    int best = startBin;
    for (int kept = startBin; kept <= counts.length; kept += stride) {
      double divergence = Divergence.of(density, kept, levels);
      if (divergence <= least) {
        least = divergence;
        best = kept;
      }
    }
    return (float) edges[best];
  }

  private void requireBins(int startBin, int stride, int last) {
    if (startBin < 1 || startBin > last || stride < 1) {
      throw new IllegalArgumentException(
          "bins from "
              + startBin
              + " by "
              + stride
              + " of a histogram of "
              + counts.length
              + " bins");
    }
  }
}
