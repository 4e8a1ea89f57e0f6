package dev.bitfold.parity;

import java.util.Arrays;

/** Bins that the first batch fixes and larger values add to. Not safe for concurrent use. */
abstract sealed class ModelOptBins {
  /** More would be a mistake: a first batch of tiny values, then ordinary ones. */
  static final int MAX_BINS = 1 << 20;

  long[] counts = new long[0];
  double[] edges = new double[0];

  /** Counts values that are not negative; at least one. */
  final void add(float[] values) {
    float max = 0;
    for (float value : values) {
      max = Math.max(max, value);
    }
    if (counts.length == 0) {
      first(values, max);
    } else {
      further(values, max);
    }
  }

  abstract void first(float[] values, float max);

  abstract void further(float[] values, float max);

  final void add(long[] more) {
    for (int i = 0; i < counts.length; i++) {
      more[i] += counts[i];
    }
    counts = more;
  }

  static int grown(double bins, float max) {
    if (!(bins <= MAX_BINS)) {
      throw new IllegalStateException(
          "the histogram would need "
              + bins
              + " bins to reach "
              + max
              + ", more than "
              + MAX_BINS
              + ": the first batch was too small in range; use the default histogram, which merges"
              + " bins");
    }
    return (int) bins;
  }

  /** {@code torch.histc} on [0, max], and {@code torch.linspace}, in float32. */
  static final class Torch extends ModelOptBins {
    private int bins;

    Torch(int bins) {
      this.bins = bins;
    }

    @Override
    void first(float[] values, float max) {
      counts = histogram(values, max);
      edges = new double[bins + 1];
      float step = max / bins;
      for (int i = 0; i <= bins; i++) {
        edges[i] = i < (bins + 1) / 2 ? step * i : max - step * (bins - i);
      }
    }

    @Override
    void further(float[] values, float max) {
      if (max > edges[edges.length - 1]) {
        float width = (float) edges[1] - (float) edges[0];
        bins = grown(Math.ceil(max / width), max);
        edges = new double[(int) Math.ceil((double) (max + width) / width)];
        for (int i = 0; i < edges.length; i++) {
          edges[i] = (float) (i * (double) width);
        }
      }
      add(histogram(values, (float) edges[edges.length - 1]));
    }

    private long[] histogram(float[] values, float max) {
      long[] histogram = new long[bins];
      for (float value : values) {
        if (max == 0) {
          // torch.histc takes an empty range for [-1, 1].
          histogram[value == 0 ? bins / 2 : bins - 1]++;
        } else if (value <= max) {
          histogram[Math.min((int) (value * bins / max), bins - 1)]++;
        }
      }
      return histogram;
    }
  }

  /** {@code numpy.histogram}: bins from the smallest value to the largest, found by their edges. */
  static final class Numpy extends ModelOptBins {
    private final int bins;

    Numpy(int bins) {
      this.bins = bins;
    }

    @Override
    void first(float[] values, float max) {
      float min = Float.POSITIVE_INFINITY;
      for (float value : values) {
        min = Math.min(min, value);
      }
      double low = min == max ? min - 0.5f : min;
      double high = min == max ? max + 0.5f : max;
      edges = linspace(low, high, bins);
      for (int i = 0; i < edges.length; i++) {
        edges[i] = (float) edges[i];
      }
      counts = histogram(values, edges);
    }

    @Override
    void further(float[] values, float max) {
      double last = edges[edges.length - 1];
      if (max > last) {
        double width = edges[1] - edges[0];
        // Edges are float32 until numpy.arange adds doubles.
        boolean single = edges.length == bins + 1;
        double start = single ? (float) last + (float) width : last + width;
        double stop = single ? max + (float) width : max + width;
        double next = single ? (float) start + (float) width : start + width;
        double length =
            single ? ((float) stop - (float) start) / (float) width : (stop - start) / width;
        int more = grown(Math.ceil(length) + counts.length, max) - counts.length;
        double[] grown = Arrays.copyOf(edges, edges.length + Math.max(more, 0));
        for (int i = 0; i < more; i++) {
          grown[edges.length + i] = start + i * (next - start);
        }
        edges = grown;
      }
      add(histogram(values, edges));
    }

    static double[] linspace(double low, double high, int bins) {
      double[] edges = new double[bins + 1];
      double step = (high - low) / bins;
      for (int i = 0; i < bins; i++) {
        edges[i] = i * step + low;
      }
      edges[bins] = high;
      return edges;
    }

    /** The last bin takes its upper edge too; values outside are not counted. */
    static long[] histogram(float[] values, double[] edges) {
      long[] histogram = new long[edges.length - 1];
      for (float value : values) {
        int found = Arrays.binarySearch(edges, value);
        int bin = found >= 0 ? found : -found - 2;
        if (found == edges.length - 1) {
          bin--;
        }
        if (bin >= 0 && bin < histogram.length) {
          histogram[bin]++;
        }
      }
      return histogram;
    }
  }
}
