package dev.bitfold.reconstruction;

import java.util.Comparator;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/**
 * Holds the factors of a damped Hessian's inverse, one for each group of channels, in the order in
 * which GPTQ rounds its inputs: those with the most power first, because later ones can still make
 * up for their errors.
 */
final class Factor {
  private static final double MORE = 10;
  private static final double MOST = 1e3;

  /** For each group the input at each place. */
  private final int[][] order;

  /** U with {@code U^T U = (H + damping)^-1}, rows and columns in that order. */
  private final float[][][] upper;

  private Factor(int groups) {
    this.order = new int[groups][];
    this.upper = new float[groups][][];
  }

  int[] order(int group) {
    return order[group];
  }

  float[][] upper(int group) {
    return upper[group];
  }

  /**
   * Factors a Hessian. Inputs without power, which are always zero, count as average ones of their
   * group, or of all groups if it has no other inputs. If rounding has made the Hessian indefinite,
   * the damping is raised tenfold until it is not.
   *
   * @param damping in units of the diagonal's mean
   */
  static Factor of(Products products, double damping) {
    int groups = products.groups();
    double[] means =
        IntStream.range(0, groups)
            .mapToDouble(group -> mean(products.hessian(group), products.width()))
            .toArray();
    double overall = DoubleStream.of(means).sum() / groups;
    if (!(overall > 0)) {
      throw new ArithmeticException("its inputs are all zero, or not finite");
    }
    Factor factor = new Factor(groups);
    for (int group = 0; group < groups; group++) {
      double mean = means[group] > 0 ? means[group] : overall;
      factor.put(group, products.hessian(group), products.width(), mean, damping);
    }
    return factor;
  }

  private static double mean(double[] h, int n) {
    return IntStream.range(0, n).mapToDouble(i -> h[i * n + i]).sum() / n;
  }

  private void put(int group, double[] h, int n, double mean, double damping) {
    int[] places =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> -h[i * n + i]))
            .mapToInt(Integer::intValue)
            .toArray();
    order[group] = places;
    for (double share = damping; ; share *= MORE) {
      double[][] damped = new double[n][];
      for (int i = 0; i < n; i++) {
        damped[i] = new double[i + 1];
        for (int j = 0; j <= i; j++) {
          damped[i][j] = h[places[i] * n + places[j]];
        }
        damped[i][i] = (damped[i][i] > 0 ? damped[i][i] : mean) + share * mean;
      }
      try {
        upper[group] = Cholesky.inverseFactor(damped);
        return;
      } catch (ArithmeticException e) {
        if (share >= MOST) {
          throw e;
        }
      }
    }
  }

  /** Returns {@code m (H + damping)^-1} for [rows, inputs] of a group. */
  INDArray solve(int group, INDArray m) {
    int n = order[group].length;
    INDArray u = Nd4j.createFromArray(upper[group]);
    INDArray placed = m.get(NDArrayIndex.all(), NDArrayIndex.indices(places(group)));
    INDArray solved = Nd4j.matmul(Nd4j.matmul(placed, u, false, true, false), u);
    long[] back = new long[n];
    for (int place = 0; place < n; place++) {
      back[order[group][place]] = place;
    }
    return solved.get(NDArrayIndex.all(), NDArrayIndex.indices(back));
  }

  private long[] places(int group) {
    return IntStream.of(order[group]).asLongStream().toArray();
  }
}
