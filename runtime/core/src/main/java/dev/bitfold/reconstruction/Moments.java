package dev.bitfold.reconstruction;

import dev.bitfold.tensor.DenseFloats;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Sums the products of a layer's input channels over the rows of its input: what the error of a
 * layer's output follows from, for any weights. Bounded: three matrices of {@code channels^2}
 * doubles, whatever the data, or one if the quantized input is the float input.
 *
 * <p>The products of a batch are float32 sums, added to double sums in the order of the batches.
 */
final class Moments {
  private final int channels;
  private final double[] qq;
  private final double[] xq;
  private final double[] xx;
  private final double[] x1;
  private final double[] q1;
  private long rows;

  /**
   * Makes empty sums.
   *
   * @param paired whether the quantized model sees other inputs than the float model
   */
  Moments(int channels, boolean paired) {
    this.channels = channels;
    qq = new double[channels * channels];
    xq = paired ? new double[channels * channels] : qq;
    xx = paired ? new double[channels * channels] : qq;
    q1 = new double[channels];
    x1 = paired ? new double[channels] : q1;
  }

  /**
   * Adds rows.
   *
   * @param x the float model's inputs, [rows, channels]
   * @param q the inputs of the quantized model, [rows, channels]; the same array if not paired
   */
  void add(INDArray x, INDArray q) {
    add(qq, Nd4j.matmul(q, q, true, false, false));
    add(q1, q.sum(0));
    if (xq != qq) {
      add(xq, Nd4j.matmul(x, q, true, false, false));
      add(xx, Nd4j.matmul(x, x, true, false, false));
      add(x1, x.sum(0));
    }
    rows += q.size(0);
  }

  private static void add(double[] sums, INDArray more) {
    float[] values = DenseFloats.of(more, "products of channels").copy();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += values[i];
    }
  }

  /** Adds the sums of other rows. */
  void add(Moments other) {
    add(qq, other.qq);
    add(q1, other.q1);
    if (xq != qq) {
      add(xq, other.xq);
      add(xx, other.xx);
      add(x1, other.x1);
    }
    rows += other.rows;
  }

  private static void add(double[] sums, double[] more) {
    for (int i = 0; i < sums.length; i++) {
      sums[i] += more[i];
    }
  }

  long rows() {
    return rows;
  }

  int channels() {
    return channels;
  }

  /** Returns whether the quantized model sees other inputs than the float model. */
  boolean isPaired() {
    return xq != qq;
  }

  /**
   * Returns the means of products of differences to a center.
   *
   * @param center what is subtracted from each channel of the float and of the quantized model;
   *     empty if nothing is
   */
  Products products(Optional<Center> center) {
    double[] hessian = mean(qq, q1, q1, center.map(Center::q), center.map(Center::q));
    return isPaired()
        ? new Products(
            channels,
            hessian,
            mean(xq, x1, q1, center.map(Center::x), center.map(Center::q)),
            mean(xx, x1, x1, center.map(Center::x), center.map(Center::x)))
        : new Products(channels, hessian, hessian, hessian);
  }

  private double[] mean(
      double[] sums,
      double[] left,
      double[] right,
      Optional<double[]> leftCenter,
      Optional<double[]> rightCenter) {
    double[] a = leftCenter.orElseGet(() -> new double[channels]);
    double[] b = rightCenter.orElseGet(() -> new double[channels]);
    double[] mean = new double[sums.length];
    for (int i = 0; i < channels; i++) {
      for (int j = 0; j < channels; j++) {
        mean[i * channels + j] =
            (sums[i * channels + j] - a[i] * right[j] - left[i] * b[j]) / rows + a[i] * b[j];
      }
    }
    return mean;
  }

  /** Holds what a bias takes up: the mean of each channel of the float and the quantized model. */
  static final class Center {
    private final double[] x;
    private final double[] q;

    Center(double[] x, double[] q) {
      this.x = x;
      this.q = q;
    }

    double[] x() {
      return x;
    }

    double[] q() {
      return q;
    }
  }

  /** Returns the variance of the quantized model's channels as a share of their power; 0 to 1. */
  double variation() {
    double power = 0;
    double ofMeans = 0;
    for (int i = 0; i < channels; i++) {
      power += qq[i * channels + i] / rows;
      ofMeans += q1[i] / rows * (q1[i] / rows);
    }
    return power > 0 ? Math.max(power - ofMeans, 0) / power : 0;
  }

  /** Returns the means. */
  Center center() {
    return new Center(mean(x1), mean(q1));
  }

  private double[] mean(double[] sums) {
    double[] mean = new double[channels];
    for (int i = 0; i < channels; i++) {
      mean[i] = sums[i] / rows;
    }
    return mean;
  }
}
