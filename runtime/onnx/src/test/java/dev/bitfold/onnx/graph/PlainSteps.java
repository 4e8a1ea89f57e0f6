package dev.bitfold.onnx.graph;

import java.util.function.DoubleUnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Computes the steps of a test in plain loops over doubles. */
final class PlainSteps {
  private PlainSteps() {}

  /** [n, 6, 8, 8] to [n, 4 · 24]. */
  static INDArray run(INDArray x, INDArray table) {
    INDArray y = Nd4j.create(x.size(0), 96);
    for (int n = 0; n < x.size(0); n++) {
      double[][] rows = pooled(x, table, n);
      double[][] mixed = mixed(rows);
      for (int t = 0; t < 4; t++) {
        for (int c = 0; c < 24; c++) {
          double value = c < 6 ? mixed[t][c] : last(c / 6).applyAsDouble(rows[t][c % 6]);
          double leaky = value > 0 ? value : 0.1 * value;
          y.putScalar(n, t * 24 + c, leaky / (sigmoid(value) + 1) - value);
        }
      }
    }
    return y;
  }

  private static DoubleUnaryOperator last(int part) {
    return switch (part) {
      case 1 -> v -> 0.5 * v * (1 + erf(v / Math.sqrt(2)));
      case 2 -> v -> v * sigmoid(v);
      default -> v -> Math.min(Math.max(v, -1), 1);
    };
  }

  private static double sigmoid(double v) {
    return 1 / (1 + Math.exp(-v));
  }

  /** By its series. */
  private static double erf(double v) {
    double term = v;
    double sum = v;
    for (int k = 1; k < 200; k++) {
      term *= -v * v / k;
      sum += term / (2 * k + 1);
    }
    return Math.abs(v) > 5 ? Math.signum(v) : 2 / Math.sqrt(Math.PI) * sum;
  }

  /** Means of 2 × 2 of the largest of 3 × 3 that move by 2, beyond the edge by 1. */
  private static double[][] pooled(INDArray x, INDArray table, int n) {
    double[][] rows = new double[4][6];
    for (int c = 0; c < 6; c++) {
      for (int h = 0; h < 4; h++) {
        for (int w = 0; w < 4; w++) {
          double largest = Double.NEGATIVE_INFINITY;
          for (int i = Math.max(0, 2 * h - 1); i <= 2 * h + 1; i++) {
            for (int j = Math.max(0, 2 * w - 1); j <= 2 * w + 1; j++) {
              largest = Math.max(largest, x.getFloat(n, c, i, j) + table.getFloat(c, 0, 0));
            }
          }
          rows[h / 2 * 2 + w / 2][c] += largest / 4;
        }
      }
    }
    return rows;
  }

  private static double[][] mixed(double[][] rows) {
    double[][] mixed = new double[4][6];
    for (int t = 0; t < 4; t++) {
      double[] scores = new double[4];
      double sum = 0;
      for (int s = 0; s < 4; s++) {
        for (int c = 0; c < 6; c++) {
          scores[s] += 0.1 * rows[t][c] * rows[s][c];
        }
        scores[s] = Math.exp(scores[s]);
        sum += scores[s];
      }
      for (int s = 0; s < 4; s++) {
        for (int c = 0; c < 6; c++) {
          mixed[t][c] += scores[s] / sum * rows[s][c];
        }
      }
    }
    return mixed;
  }
}
