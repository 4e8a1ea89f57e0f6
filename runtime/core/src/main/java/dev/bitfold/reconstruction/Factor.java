package dev.bitfold.reconstruction;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Holds the factor of a damped Hessian's inverse, in the order in which GPTQ rounds the channels:
 * those with the most power first, because later ones can still make up for their errors.
 */
final class Factor {
  private static final double MORE = 10;
  private static final double MOST = 1e3;

  /** The channel at each place. */
  private final int[] order;

  /** U with {@code U^T U = (H + damping)^-1}, rows and columns in that order. */
  private final float[][] upper;

  Factor(int[] order, float[][] upper) {
    this.order = order;
    this.upper = upper;
  }

  int[] order() {
    return order;
  }

  float[][] upper() {
    return upper;
  }

  /**
   * Factors a Hessian. Channels without power, which are always zero, count as average ones. If
   * rounding has made the Hessian indefinite, the damping is raised tenfold until it is not.
   *
   * @param damping in units of the diagonal's mean
   */
  static Factor of(Products products, double damping) {
    int n = products.channels();
    double[] h = products.hessian();
    double mean = IntStream.range(0, n).mapToDouble(i -> h[i * n + i]).sum() / n;
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -h[i * n + i]))
            .mapToInt(Integer::intValue)
            .toArray();
    if (!(mean > 0)) {
      throw new ArithmeticException("its inputs are all zero, or not finite");
    }
    for (double share = damping; ; share *= MORE) {
      double[][] damped = new double[n][];
      for (int i = 0; i < n; i++) {
        damped[i] = new double[i + 1];
        for (int j = 0; j <= i; j++) {
          damped[i][j] = h[order[i] * n + order[j]];
        }
        damped[i][i] = (damped[i][i] > 0 ? damped[i][i] : mean) + share * mean;
      }
      try {
        return new Factor(order, Cholesky.inverseFactor(damped));
      } catch (ArithmeticException e) {
        if (share >= MOST) {
          throw e;
        }
      }
    }
  }

  /** Returns {@code m (H + damping)^-1} for [rows, channels]. */
  INDArray solve(INDArray m) {
    int n = order.length;
    INDArray u = Nd4j.createFromArray(upper);
    INDArray placed = m.get(NDArrayIndex.all(), NDArrayIndex.indices(places()));
    INDArray solved = Nd4j.matmul(Nd4j.matmul(placed, u, false, true, false), u);
    long[] back = new long[n];
    for (int place = 0; place < n; place++) {
      back[order[place]] = place;
    }
    return solved.get(NDArrayIndex.all(), NDArrayIndex.indices(back));
  }

  private long[] places() {
    return IntStream.of(order).asLongStream().toArray();
  }
}
