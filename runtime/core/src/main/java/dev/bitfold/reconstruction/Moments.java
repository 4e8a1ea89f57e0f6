package dev.bitfold.reconstruction;

import dev.bitfold.tensor.DenseFloats;
import java.util.List;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Sums the products of a layer's inputs with each other, over the rows that it takes: what the
 * error of its output follows from, for any weights. Bounded: for each group of channels, three
 * matrices of {@code width^2} doubles, whatever the data, or one if the quantized input is the
 * float input.
 *
 * <p>The products of a batch are float32 sums, added to double sums in the order of the batches.
 */
final class Moments {
  private final int width;
  private final boolean paired;
  private final Sums[] groups;
  private long rows;

  /** The sums of one group of channels. */
  private static final class Sums {
    private final double[] qq;
    private final double[] xq;
    private final double[] xx;
    private final double[] x1;
    private final double[] q1;

    Sums(int width, boolean paired) {
      qq = new double[width * width];
      xq = paired ? new double[width * width] : qq;
      xx = paired ? new double[width * width] : qq;
      q1 = new double[width];
      x1 = paired ? new double[width] : q1;
    }
  }

  /**
   * Makes empty sums.
   *
   * @param groups how many groups the channels are divided into
   * @param width the number of values of a row
   * @param paired whether the quantized model sees other inputs than the float model
   */
  Moments(int groups, int width, boolean paired) {
    this.width = width;
    this.paired = paired;
    this.groups = new Sums[groups];
    for (int group = 0; group < groups; group++) {
      this.groups[group] = new Sums(width, paired);
    }
  }

  /**
   * Adds rows.
   *
   * @param xs the float model's inputs, [rows, width] for each group of channels
   * @param qs the inputs of the quantized model, the same arrays if not paired
   */
  void add(List<INDArray> xs, List<INDArray> qs) {
    for (int group = 0; group < groups.length; group++) {
      INDArray x = xs.get(group);
      INDArray q = qs.get(group);
      Sums sums = groups[group];
      add(sums.qq, Nd4j.matmul(q, q, true, false, false));
      add(sums.q1, q.sum(0));
      if (paired) {
        add(sums.xq, Nd4j.matmul(x, q, true, false, false));
        add(sums.xx, Nd4j.matmul(x, x, true, false, false));
        add(sums.x1, x.sum(0));
      }
    }
    rows += qs.get(0).size(0);
  }

  private static void add(double[] sums, INDArray more) {
    float[] values = DenseFloats.of(more, "products of channels").copy();
    for (int i = 0; i < sums.length; i++) {
      sums[i] += values[i];
    }
  }

  /** Adds the sums of other rows. */
  void add(Moments other) {
    for (int group = 0; group < groups.length; group++) {
      Sums sums = groups[group];
      Sums more = other.groups[group];
      add(sums.qq, more.qq);
      add(sums.q1, more.q1);
      if (paired) {
        add(sums.xq, more.xq);
        add(sums.xx, more.xx);
        add(sums.x1, more.x1);
      }
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

  /** Returns empty sums of the same form. */
  Moments empty() {
    return new Moments(groups.length, width, paired);
  }

  /**
   * Returns the means of products of differences to a center.
   *
   * @param center what is subtracted from each input of the float and of the quantized model; empty
   *     if nothing is
   */
  Products products(Optional<Center> center) {
    double[][] hessian = new double[groups.length][];
    double[][] mixed = new double[groups.length][];
    double[][] floats = new double[groups.length][];
    for (int group = 0; group < groups.length; group++) {
      int own = group;
      Sums sums = groups[group];
      Optional<double[]> x = center.map(mean -> mean.x()[own]);
      Optional<double[]> q = center.map(mean -> mean.q()[own]);
      hessian[group] = mean(sums.qq, sums.q1, sums.q1, q, q);
      mixed[group] = paired ? mean(sums.xq, sums.x1, sums.q1, x, q) : hessian[group];
      floats[group] = paired ? mean(sums.xx, sums.x1, sums.x1, x, x) : hessian[group];
    }
    return new Products(width, paired, hessian, mixed, floats);
  }

  private double[] mean(
      double[] sums,
      double[] left,
      double[] right,
      Optional<double[]> leftCenter,
      Optional<double[]> rightCenter) {
    double[] a = leftCenter.orElseGet(() -> new double[width]);
    double[] b = rightCenter.orElseGet(() -> new double[width]);
    double[] mean = new double[sums.length];
    for (int i = 0; i < width; i++) {
      for (int j = 0; j < width; j++) {
        mean[i * width + j] =
            (sums[i * width + j] - a[i] * right[j] - left[i] * b[j]) / rows + a[i] * b[j];
      }
    }
    return mean;
  }

  /**
   * Holds what a bias takes up: the mean of each input of each group of channels, of the float and
   * of the quantized model.
   */
  static final class Center {
    private final double[][] x;
    private final double[][] q;

    Center(double[][] x, double[][] q) {
      this.x = x;
      this.q = q;
    }

    double[][] x() {
      return x;
    }

    double[][] q() {
      return q;
    }
  }

  /** Returns the variance of the quantized model's inputs as a share of their power; 0 to 1. */
  double variation() {
    double power = 0;
    double ofMeans = 0;
    for (Sums sums : groups) {
      for (int i = 0; i < width; i++) {
        power += sums.qq[i * width + i] / rows;
        ofMeans += sums.q1[i] / rows * (sums.q1[i] / rows);
      }
    }
    return power > 0 ? Math.max(power - ofMeans, 0) / power : 0;
  }

  /** Returns the means. */
  Center center() {
    double[][] x = new double[groups.length][];
    double[][] q = new double[groups.length][];
    for (int group = 0; group < groups.length; group++) {
      x[group] = mean(groups[group].x1);
      q[group] = mean(groups[group].q1);
    }
    return new Center(x, q);
  }

  private double[] mean(double[] sums) {
    double[] mean = new double[width];
    for (int i = 0; i < width; i++) {
      mean[i] = sums[i] / rows;
    }
    return mean;
  }
}
