package dev.bitfold.examples.embeddings.evaluation;

import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/** Spearman's rank correlation, equal values sharing their average rank. */
public final class Spearman {
  private Spearman() {}

  /**
   * Correlates two lists of values of the same length: Pearson's correlation of their ranks.
   *
   * @return -1 to 1, or NaN where all values of a list are equal
   */
  public static double correlation(double[] x, double[] y) {
    if (x.length != y.length) {
      throw new IllegalArgumentException(x.length + " values against " + y.length);
    }
    double[] a = ranks(x);
    double[] b = ranks(y);
    double mean = (x.length + 1) / 2.0;
    double covariance = 0;
    double varianceA = 0;
    double varianceB = 0;
    for (int i = 0; i < a.length; i++) {
      covariance += (a[i] - mean) * (b[i] - mean);
      varianceA += (a[i] - mean) * (a[i] - mean);
      varianceB += (b[i] - mean) * (b[i] - mean);
    }
    return covariance / Math.sqrt(varianceA * varianceB);
  }

  /** Ranks from 1, ties averaged. */
  static double[] ranks(double[] values) {
    List<Integer> order =
        IntStream.range(0, values.length)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> values[i]))
            .toList();
    double[] ranks = new double[values.length];
    int from = 0;
    while (from < values.length) {
      int to = from + 1;
      while (to < values.length && values[order.get(to)] == values[order.get(from)]) {
        to++;
      }
      for (int i = from; i < to; i++) {
        ranks[order.get(i)] = (from + 1 + to) / 2.0;
      }
      from = to;
    }
    return ranks;
  }
}
