package dev.bitfold.layers;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Normalises the last axis: {@code y = (x - mean) / sqrt(variance + epsilon) · weight + bias} (Ba
 * et al., 2016). It is a float layer, into which a smoothing scale can be folded.
 */
public class LayerNorm {
  private static final String NAME = "LayerNorm";

  @Weight(layout = "C")
  private final INDArray weight;

  @Bias(layout = "C")
  private final INDArray bias;

  private final double epsilon;

  /**
   * Makes a layer. The arrays are not copied.
   *
   * @param weight [channels]
   * @param bias [channels]
   * @param epsilon added to the variance, such as 1e-5
   * @throws IllegalArgumentException if a shape is wrong or epsilon is negative
   */
  public LayerNorm(INDArray weight, INDArray bias, double epsilon) {
    Objects.requireNonNull(weight, "weight");
    Objects.requireNonNull(bias, "bias");
    Shapes.rank(NAME, "weight", weight, 1, "[channels]");
    Shapes.vector(NAME, "bias", bias, weight.length());
    Shapes.epsilon(NAME, epsilon);
    this.weight = weight;
    this.bias = bias;
    this.epsilon = epsilon;
  }

  /** Returns the gain, [channels]. */
  public INDArray weight() {
    return weight;
  }

  /** Returns the bias, [channels]. */
  public INDArray bias() {
    return bias;
  }

  /** Returns what is added to the variance. */
  public double epsilon() {
    return epsilon;
  }

  /**
   * Normalises every row.
   *
   * @param x [..., channels], of any rank from 1 on
   * @return a new array of the same shape
   * @throws IllegalArgumentException if the last axis has another length
   */
  public INDArray forward(@Input(layout = "…C") INDArray x) {
    Objects.requireNonNull(x, "x");
    check(x);
    double[] w = Rows.values(weight);
    double[] b = Rows.values(bias);
    return Rows.zip(
        x,
        x,
        (row, y) -> {
          double scale = normalise(row);
          for (int c = 0; c < y.length; c++) {
            y[c] = row[c] * scale * w[c] + b[c];
          }
        });
  }

  /**
   * Returns the gradients at an input.
   *
   * @param x as given to {@link #forward}
   * @param gradOutput the gradient of the loss with respect to the output, of the shape of x
   * @throws IllegalArgumentException if a shape is wrong
   */
  public Gradients backward(INDArray x, INDArray gradOutput) {
    Objects.requireNonNull(x, "x");
    Objects.requireNonNull(gradOutput, "gradOutput");
    check(x);
    Shapes.gradient(NAME, gradOutput, x.shape());
    double[] w = Rows.values(weight);
    double[] byWeight = new double[w.length];
    double[] byBias = new double[w.length];
    INDArray byInput =
        Rows.zip(
            x,
            gradOutput,
            (row, grad) -> {
              double scale = normalise(row);
              double sum = 0;
              double product = 0;
              for (int c = 0; c < grad.length; c++) {
                double normal = row[c] * scale;
                byWeight[c] += grad[c] * normal;
                byBias[c] += grad[c];
                sum += grad[c] * w[c];
                product += grad[c] * w[c] * normal;
              }
              for (int c = 0; c < grad.length; c++) {
                double normal = row[c] * scale;
                grad[c] = scale * (grad[c] * w[c] - (sum + normal * product) / grad.length);
              }
            });
    return new Gradients(
        byInput,
        Map.of("weight", Rows.vector(byWeight, weight), "bias", Rows.vector(byBias, bias)));
  }

  /** Centres the row and returns the factor that gives it a variance of 1. */
  private double normalise(double[] row) {
    double sum = 0;
    for (double value : row) {
      sum += value;
    }
    double mean = sum / row.length;
    double squares = 0;
    for (int c = 0; c < row.length; c++) {
      row[c] -= mean;
      squares += row[c] * row[c];
    }
    return 1 / Math.sqrt(squares / row.length + epsilon);
  }

  private void check(INDArray x) {
    Shapes.size(NAME, x, -1, weight.length(), "[..., " + weight.length() + "]");
  }
}
