package dev.bitfold.reconstruction;

import dev.bitfold.tensor.DenseFloats;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Holds mean products of input channels, each [channels, channels] in c order. Immutable: the
 * arrays are not written to.
 */
final class Products {
  private final int channels;

  /** Quantized × quantized: half the second derivative of a layer's squared error. */
  private final double[] hessian;

  /** Float × quantized. */
  private final double[] mixed;

  /** Float × float. */
  private final double[] floats;

  Products(int channels, double[] hessian, double[] mixed, double[] floats) {
    this.channels = channels;
    this.hessian = hessian;
    this.mixed = mixed;
    this.floats = floats;
  }

  int channels() {
    return channels;
  }

  double[] hessian() {
    return hessian;
  }

  double[] mixed() {
    return mixed;
  }

  double[] floats() {
    return floats;
  }

  /**
   * Returns the mean squared error of a layer's output, summed over its output channels: of {@code
   * weights * x} against {@code other * q}, for the float inputs x and the quantized inputs q.
   *
   * @param weights the float weights, a row for each output channel
   * @param other the weights of the quantized layer
   */
  double error(float[][] weights, float[][] other) {
    if (mixed == hessian) {
      float[][] difference = new float[weights.length][channels];
      for (int o = 0; o < weights.length; o++) {
        for (int i = 0; i < channels; i++) {
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

  private double trace(float[][] left, double[] middle, float[][] right) {
    float[] product = DenseFloats.of(matrix(left).mmul(matrix(middle)), "a product").copy();
    double sum = 0;
    for (int o = 0; o < left.length; o++) {
      double row = 0;
      for (int i = 0; i < channels; i++) {
        row += (double) product[o * channels + i] * right[o][i];
      }
      sum += row;
    }
    return sum;
  }

  /** Returns rows as an array. */
  static INDArray matrix(float[][] rows) {
    return Nd4j.createFromArray(rows);
  }

  /** Returns the mean square of each channel of the quantized model. */
  double[] power() {
    double[] power = new double[channels];
    for (int i = 0; i < channels; i++) {
      power[i] = Math.max(hessian[i * channels + i], 0);
    }
    return power;
  }

  /** Returns the Hessian in float32. */
  INDArray hessianArray() {
    return matrix(hessian);
  }

  private INDArray matrix(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return DenseFloats.array(floats, channels, channels);
  }

  /**
   * Returns the weights that give the float layer's outputs best from the quantized inputs, before
   * any rounding: {@code W + W (mixed - hessian) (hessian + damping)^-1}.
   *
   * @param factor of the damped Hessian
   */
  float[][] target(float[][] weights, Factor factor) {
    if (mixed == hessian) {
      return weights;
    }
    double[] drift = new double[mixed.length];
    for (int i = 0; i < drift.length; i++) {
      drift[i] = mixed[i] - hessian[i];
    }
    INDArray moved = matrix(weights).mmul(matrix(drift));
    float[] change = DenseFloats.of(factor.solve(moved), "a product").copy();
    float[][] target = new float[weights.length][channels];
    for (int o = 0; o < target.length; o++) {
      for (int i = 0; i < channels; i++) {
        target[o][i] = weights[o][i] + change[o * channels + i];
      }
    }
    return target;
  }
}
