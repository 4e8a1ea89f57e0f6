package dev.bitfold.reconstruction;

import java.util.Arrays;
import java.util.stream.IntStream;

/** Factors symmetric matrices in double precision, on all cores. */
final class Cholesky {
  private static final int BLOCK = 48;

  private Cholesky() {}

  /**
   * Returns the upper triangular matrix U with {@code U^T U = A^-1}, which GPTQ walks along
   * (Frantar et al. 2023, "GPTQ: Accurate Post-Training Quantization for Generative Pre-trained
   * Transformers", section 3.3).
   *
   * @param a the lower triangle of A, a row of {@code i + 1} numbers for each i
   * @throws ArithmeticException if A is not positive definite
   */
  static float[][] inverseFactor(double[][] a) {
    int n = a.length;
    // With J reversing the order, JAJ = L L^T gives A = R R^T with R = JLJ, and U = R^-1.
    double[][] factor = new double[n][];
    for (int i = 0; i < n; i++) {
      factor[i] = new double[i + 1];
      for (int j = 0; j <= i; j++) {
        factor[i][j] = a[n - 1 - j][n - 1 - i];
      }
    }
    factor(factor);
    double[][] inverse = inverse(factor);
    float[][] u = new float[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j <= i; j++) {
        u[n - 1 - i][n - 1 - j] = (float) inverse[i][j];
      }
    }
    return u;
  }

  /** Replaces a matrix by its factor L, one block of columns after another. */
  private static void factor(double[][] a) {
    int n = a.length;
    for (int start = 0; start < n; start += BLOCK) {
      int from = start;
      int to = Math.min(n, start + BLOCK);
      IntStream.range(from, n)
          .parallel()
          .forEach(
              i -> {
                for (int j = from; j < Math.min(to, i + 1); j++) {
                  a[i][j] -= dot(a[i], a[j], 0, from);
                }
              });
      for (int j = from; j < to; j++) {
        double pivot = a[j][j] - dot(a[j], a[j], from, j);
        if (!(pivot > 0)) {
          throw new ArithmeticException("pivot " + j + " of " + n + " is " + pivot);
        }
        a[j][j] = Math.sqrt(pivot);
        for (int i = j + 1; i < to; i++) {
          a[i][j] = (a[i][j] - dot(a[i], a[j], from, j)) / a[j][j];
        }
      }
      IntStream.range(to, n)
          .parallel()
          .forEach(
              i -> {
                for (int j = from; j < to; j++) {
                  a[i][j] = (a[i][j] - dot(a[i], a[j], from, j)) / a[j][j];
                }
              });
    }
  }

  private static double dot(double[] x, double[] y, int from, int to) {
    double even = 0;
    double odd = 0;
    double third = 0;
    double fourth = 0;
    int k = from;
    for (; k + 3 < to; k += 4) {
      even += x[k] * y[k];
      odd += x[k + 1] * y[k + 1];
      third += x[k + 2] * y[k + 2];
      fourth += x[k + 3] * y[k + 3];
    }
    for (; k < to; k++) {
      even += x[k] * y[k];
    }
    return even + odd + third + fourth;
  }

  /** Returns the inverse of a lower triangular matrix, a range of columns at a time. */
  private static double[][] inverse(double[][] factor) {
    int n = factor.length;
    double[][] inverse = new double[n][];
    for (int i = 0; i < n; i++) {
      inverse[i] = new double[i + 1];
    }
    IntStream.rangeClosed(0, (n - 1) / BLOCK)
        .parallel()
        .forEach(
            block -> columns(factor, inverse, block * BLOCK, Math.min(n, (block + 1) * BLOCK)));
    return inverse;
  }

  private static void columns(double[][] factor, double[][] inverse, int from, int to) {
    double[] row = new double[to - from];
    for (int i = from; i < factor.length; i++) {
      int end = Math.min(to, i + 1);
      Arrays.fill(row, 0);
      if (i < to) {
        row[i - from] = 1;
      }
      for (int k = from; k < i; k++) {
        double times = factor[i][k];
        double[] other = inverse[k];
        int shared = Math.min(end, k + 1);
        for (int j = from; j < shared; j++) {
          row[j - from] -= times * other[j];
        }
      }
      double pivot = factor[i][i];
      for (int j = from; j < end; j++) {
        inverse[i][j] = row[j - from] / pivot;
      }
    }
  }
}
