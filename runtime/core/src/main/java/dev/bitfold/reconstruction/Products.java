package dev.bitfold.reconstruction;

import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Holds mean products of a layer's inputs with each other, [width, width] in c order for each group
 * of channels. Rows of weights are those of the groups, one group after another. Immutable: the
 * arrays are not written to.
 */
final class Products {
  private final int width;

  /** Whether the quantized model sees other inputs than the float model. */
  private final boolean paired;

  /** Quantized × quantized: half the second derivative of a layer's squared error. */
  private final double[][] hessian;

  /** Float × quantized. */
  private final double[][] mixed;

  /** Float × float. */
  private final double[][] floats;

  Products(int width, boolean paired, double[][] hessian, double[][] mixed, double[][] floats) {
    this.width = width;
    this.paired = paired;
    this.hessian = hessian;
    this.mixed = mixed;
    this.floats = floats;
  }

  int width() {
    return width;
  }

  int groups() {
    return hessian.length;
  }

  double[] hessian(int group) {
    return hessian[group];
  }

  /**
   * Returns the mean squared error of a layer's output, summed over its output channels: of {@code
   * weights * x} against {@code other * q}, for the float inputs x and the quantized inputs q.
   *
   * @param weights the float weights, a row for each output channel
   * @param other the weights of the quantized layer
   */
  double error(float[][] weights, float[][] other) {
    if (!paired) {
      float[][] difference = new float[weights.length][width];
      for (int o = 0; o < weights.length; o++) {
        for (int i = 0; i < width; i++) {
          difference[o][i] = weights[o][i] - other[o][i];
        }
      }
      return trace(difference, hessian, difference);
    }
    return energy(weights) - 2 * trace(weights, mixed, other) + trace(other, hessian, other);
  }

  /** Returns the mean square of the float layer's output, summed over its output channels. */
  double energy(float[][] weights) {
    return trace(weights, floats, weights);
  }

  private double trace(float[][] left, double[][] middle, float[][] right) {
    float[][] product = times(left, middle);
    double sum = 0;
    for (int o = 0; o < left.length; o++) {
      double row = 0;
      for (int i = 0; i < width; i++) {
        row += (double) product[o][i] * right[o][i];
      }
      sum += row;
    }
    return sum;
  }

  /** Returns rows of weights, each times the Hessian of its group. */
  float[][] timesHessian(float[][] rows) {
    return times(rows, hessian);
  }

  private float[][] times(float[][] rows, double[][] matrices) {
    float[][] products = new float[rows.length][];
    int perGroup = rows.length / matrices.length;
    for (int group = 0; group < matrices.length; group++) {
      float[][] own = Arrays.copyOfRange(rows, group * perGroup, (group + 1) * perGroup);
      put(Nd4j.createFromArray(own).mmul(matrix(matrices[group])), products, group * perGroup);
    }
    return products;
  }

  private void put(INDArray product, float[][] into, int from) {
    float[] values = DenseFloats.of(product, "a product").copy();
    for (int o = 0; o < values.length / width; o++) {
      into[from + o] = Arrays.copyOfRange(values, o * width, (o + 1) * width);
    }
  }

  /** Returns the mean square of each input of each group, of the quantized model. */
  double[][] power() {
    double[][] power = new double[hessian.length][width];
    for (int group = 0; group < power.length; group++) {
      for (int i = 0; i < width; i++) {
        power[group][i] = Math.max(hessian[group][i * width + i], 0);
      }
    }
    return power;
  }

  private INDArray matrix(double[] values) {
    float[] narrow = new float[values.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (float) values[i];
    }
    return DenseFloats.array(narrow, width, width);
  }

  /**
   * Returns the weights that give the float layer's outputs best from the quantized inputs, before
   * any rounding: {@code W + W (mixed - hessian) (hessian + damping)^-1}.
   *
   * @param factor of the damped Hessian
   */
  float[][] target(float[][] weights, Factor factor) {
    if (!paired) {
      return weights;
    }
    double[][] drift = new double[mixed.length][width * width];
    for (int group = 0; group < drift.length; group++) {
      for (int i = 0; i < drift[group].length; i++) {
        drift[group][i] = mixed[group][i] - hessian[group][i];
      }
    }
    float[][] moved = times(weights, drift);
    float[][] target = new float[weights.length][];
    int perGroup = weights.length / groups();
    for (int group = 0; group < groups(); group++) {
      float[][] own = Arrays.copyOfRange(moved, group * perGroup, (group + 1) * perGroup);
      put(factor.solve(group, Nd4j.createFromArray(own)), target, group * perGroup);
    }
    for (int o = 0; o < target.length; o++) {
      for (int i = 0; i < width; i++) {
        target[o][i] += weights[o][i];
      }
    }
    return target;
  }
}
