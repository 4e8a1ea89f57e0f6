package dev.bitfold.reconstruction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The factor against its definition, at sizes around the size of a block. */
class CholeskyTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 7, 47, 48, 49, 96, 131})
  void theFactorTimesItsTransposeIsTheInverse(int n) {
    double[][] a = positive(n);
    float[][] u = Cholesky.inverseFactor(lower(a));
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        double product = 0;
        for (int k = 0; k < n; k++) {
          double inverse = 0;
          for (int m = 0; m < n; m++) {
            inverse += (double) u[m][i] * u[m][k];
          }
          product += inverse * a[k][j];
        }
        assertEquals(i == j ? 1 : 0, product, 1e-4, i + ", " + j);
        if (j < i) {
          assertEquals(0, u[i][j], "below the diagonal");
        }
      }
    }
  }

  private static double[][] positive(int n) {
    SplittableRandom random = new SplittableRandom(n);
    double[][] x = new double[2 * n][n];
    for (double[] row : x) {
      for (int i = 0; i < n; i++) {
        row[i] = random.nextDouble() - 0.5;
      }
    }
    double[][] a = new double[n][n];
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (double[] row : x) {
          a[i][j] += row[i] * row[j];
        }
      }
      a[i][i] += 0.1;
    }
    return a;
  }

  private static double[][] lower(double[][] a) {
    double[][] lower = new double[a.length][];
    for (int i = 0; i < a.length; i++) {
      lower[i] = java.util.Arrays.copyOf(a[i], i + 1);
    }
    return lower;
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 60})
  void aMatrixThatIsNotPositiveIsRefused(int n) {
    double[][] a = positive(n);
    a[n / 2][n / 2] = -1;
    assertThrows(ArithmeticException.class, () -> Cholesky.inverseFactor(lower(a)));
  }
}
