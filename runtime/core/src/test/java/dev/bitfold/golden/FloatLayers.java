package dev.bitfold.golden;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Float layers in plain loops over doubles: the oracle of what smoothing must not change. */
public final class FloatLayers {
  private FloatLayers() {}

  /** {@code x W^T + b} of x [..., in], W [out, in], b [out]. */
  public static INDArray linear(INDArray x, INDArray weight, INDArray bias) {
    double[] in = x.dup('c').data().asDouble();
    double[] w = weight.dup('c').data().asDouble();
    double[] b = bias.dup('c').data().asDouble();
    int inputs = (int) weight.size(1);
    float[] y = new float[in.length / inputs * b.length];
    for (int i = 0; i < y.length; i++) {
      int o = i % b.length;
      double sum = b[o];
      for (int k = 0; k < inputs; k++) {
        sum += in[i / b.length * inputs + k] * w[o * inputs + k];
      }
      y[i] = (float) sum;
    }
    long[] shape = x.shape().clone();
    shape[shape.length - 1] = b.length;
    return Nd4j.create(y, shape, 'c');
  }

  /** Layer normalization over the last axis. */
  public static INDArray layerNorm(INDArray x, INDArray weight, INDArray bias, double epsilon) {
    double[] in = x.dup('c').data().asDouble();
    double[] w = weight.dup('c').data().asDouble();
    double[] b = bias.dup('c').data().asDouble();
    float[] y = new float[in.length];
    for (int row = 0; row < y.length; row += w.length) {
      double mean = 0;
      for (int i = 0; i < w.length; i++) {
        mean += in[row + i] / w.length;
      }
      double variance = 0;
      for (int i = 0; i < w.length; i++) {
        variance += (in[row + i] - mean) * (in[row + i] - mean) / w.length;
      }
      for (int i = 0; i < w.length; i++) {
        y[row + i] = (float) ((in[row + i] - mean) / Math.sqrt(variance + epsilon) * w[i] + b[i]);
      }
    }
    return Nd4j.create(y, x.shape(), 'c');
  }

  /** Grouped convolution of NCHW with OIHW, stride 1, no padding. */
  public static INDArray conv2d(INDArray x, INDArray weight, INDArray bias, int groups) {
    int batch = (int) x.size(0);
    int outputs = (int) weight.size(0);
    int inputs = (int) weight.size(1);
    int high = (int) (x.size(2) - weight.size(2) + 1);
    int wide = (int) (x.size(3) - weight.size(3) + 1);
    INDArray y = Nd4j.create(batch, outputs, high, wide);
    for (int n = 0; n < batch; n++) {
      for (int o = 0; o < outputs; o++) {
        int firstInput = o / (outputs / groups) * inputs;
        for (int r = 0; r < high; r++) {
          for (int s = 0; s < wide; s++) {
            double sum = bias.getDouble(o);
            for (int i = 0; i < inputs; i++) {
              for (int p = 0; p < weight.size(2); p++) {
                for (int q = 0; q < weight.size(3); q++) {
                  sum +=
                      x.getDouble(n, firstInput + i, r + p, s + q) * weight.getDouble(o, i, p, q);
                }
              }
            }
            y.putScalar(new int[] {n, o, r, s}, sum);
          }
        }
      }
    }
    return y;
  }
}
