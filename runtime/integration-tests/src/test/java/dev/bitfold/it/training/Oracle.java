package dev.bitfold.it.training;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Computes the network of the tests and its gradients in double, in loops written by hand. */
final class Oracle {
  private final double[][] x;
  private final double[][] target;
  private final Map<String, double[][]> tensors;
  private final int bits;
  private final double amax;

  /**
   * The network with weights of so many bits per output channel, and inputs of as many with an
   * amax.
   */
  Oracle(Net net, INDArray x, INDArray target, int bits, double amax) {
    this.x = rows(x);
    this.target = rows(target);
    this.tensors = tensors(net);
    this.bits = bits;
    this.amax = amax;
  }

  private static Map<String, double[][]> tensors(Net net) {
    Gain gain = (Gain) net.gain();
    Map<String, double[][]> tensors = new LinkedHashMap<>();
    tensors.put("fc.weight", rows(net.fc().weight()));
    tensors.put("fc.bias", rows(net.fc().bias().reshape(1, -1)));
    tensors.put("gain.scale", rows(gain.scale().reshape(1, -1)));
    tensors.put("gain.offset", rows(gain.offset().reshape(1, -1)));
    tensors.put("head.weight", rows(net.head().weight()));
    tensors.put("head.bias", rows(net.head().bias().reshape(1, -1)));
    return tensors;
  }

  private static double[][] rows(INDArray array) {
    double[][] rows = new double[(int) array.size(0)][(int) array.size(1)];
    for (int i = 0; i < rows.length; i++) {
      for (int j = 0; j < rows[i].length; j++) {
        rows[i][j] = array.getDouble(i, j);
      }
    }
    return rows;
  }

  private static double[] flat(double[][] rows) {
    return Arrays.stream(rows).flatMapToDouble(Arrays::stream).toArray();
  }

  private double round(double v, double largest) {
    double codes = (1 << (bits - 1)) - 1;
    double q = Math.rint(v * (codes / largest));
    return Math.max(-codes - 1, Math.min(codes, q)) / (codes / largest);
  }

  private double[][] quantizedInput(double[][] v) {
    double[][] out = new double[v.length][];
    for (int i = 0; i < v.length; i++) {
      out[i] = Arrays.stream(v[i]).map(e -> round(e, amax)).toArray();
    }
    return out;
  }

  private double[][] quantizedWeight(double[][] w) {
    double[][] out = new double[w.length][w[0].length];
    for (int o = 0; o < w[0].length; o++) {
      double largest = 0;
      for (double[] row : w) {
        largest = Math.max(largest, Math.abs(row[o]));
      }
      for (int i = 0; i < w.length; i++) {
        out[i][o] = round(w[i][o], largest);
      }
    }
    return out;
  }

  private static double[][] dense(double[][] x, double[][] w, double[] b) {
    double[][] y = new double[x.length][b.length];
    for (int n = 0; n < x.length; n++) {
      for (int o = 0; o < b.length; o++) {
        double sum = b[o];
        for (int i = 0; i < w.length; i++) {
          sum += x[n][i] * w[i][o];
        }
        y[n][o] = sum;
      }
    }
    return y;
  }

  /** The gradients by path; the clipping estimator stops those of inputs beyond amax. */
  Map<String, double[]> gradients() {
    double[][] xq = quantizedInput(x);
    double[][] w1 = quantizedWeight(tensors.get("fc.weight"));
    double[][] a = dense(xq, w1, tensors.get("fc.bias")[0]);
    double[] scale = tensors.get("gain.scale")[0];
    double[] offset = tensors.get("gain.offset")[0];
    int rows = x.length;
    int hidden = scale.length;
    double[][] c = new double[rows][hidden];
    for (int n = 0; n < rows; n++) {
      for (int h = 0; h < hidden; h++) {
        c[n][h] = Math.max(0, a[n][h] * scale[h] + offset[h]);
      }
    }
    double[][] cq = quantizedInput(c);
    double[][] w2 = quantizedWeight(tensors.get("head.weight"));
    double[][] y = dense(cq, w2, tensors.get("head.bias")[0]);
    int out = y[0].length;
    double[][] gw2 = new double[hidden][out];
    double[][] gw1 = new double[x[0].length][hidden];
    double[] gb2 = new double[out];
    double[] gb1 = new double[hidden];
    double[] gs = new double[hidden];
    for (int n = 0; n < rows; n++) {
      double[] gc = new double[hidden];
      for (int o = 0; o < out; o++) {
        double g = 2 * (y[n][o] - target[n][o]) / (rows * out);
        gb2[o] += g;
        for (int h = 0; h < hidden; h++) {
          gw2[h][o] += g * cq[n][h];
          gc[h] += g * w2[h][o];
        }
      }
      for (int h = 0; h < hidden; h++) {
        double g = c[n][h] > 0 && c[n][h] <= amax ? gc[h] : 0;
        gs[h] += g * a[n][h];
        double ga = g * scale[h];
        gb1[h] += ga;
        for (int i = 0; i < gw1.length; i++) {
          gw1[i][h] += ga * xq[n][i];
        }
      }
    }
    Map<String, double[]> gradients = new LinkedHashMap<>();
    gradients.put("fc.weight", flat(gw1));
    gradients.put("fc.bias", gb1);
    gradients.put("gain.scale", gs);
    gradients.put("head.weight", flat(gw2));
    gradients.put("head.bias", gb2);
    return gradients;
  }

  /** Of the float network, which is no longer quantized. */
  static double[] centralDifferences(Net net, INDArray x, INDArray target, String path) {
    Map<String, double[][]> tensors = tensors(net);
    double[][] rows = rows(x);
    double[][] wanted = rows(target);
    double[][] moved = tensors.get(path);
    double[] slopes = new double[moved.length * moved[0].length];
    double h = 1e-5;
    for (int i = 0; i < slopes.length; i++) {
      int row = i / moved[0].length;
      int column = i % moved[0].length;
      double before = moved[row][column];
      moved[row][column] = before + h;
      double up = loss(tensors, rows, wanted);
      moved[row][column] = before - h;
      double down = loss(tensors, rows, wanted);
      moved[row][column] = before;
      slopes[i] = (up - down) / (2 * h);
    }
    return slopes;
  }

  private static double loss(Map<String, double[][]> tensors, double[][] x, double[][] target) {
    double[][] a = dense(x, tensors.get("fc.weight"), tensors.get("fc.bias")[0]);
    for (double[] row : a) {
      for (int h = 0; h < row.length; h++) {
        row[h] =
            Math.max(
                0, row[h] * tensors.get("gain.scale")[0][h] + tensors.get("gain.offset")[0][h]);
      }
    }
    double[][] y = dense(a, tensors.get("head.weight"), tensors.get("head.bias")[0]);
    double sum = 0;
    for (int n = 0; n < y.length; n++) {
      for (int o = 0; o < y[n].length; o++) {
        sum += Math.pow(y[n][o] - target[n][o], 2);
      }
    }
    return sum / (y.length * y[0].length);
  }
}
