package dev.bitfold.layers;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import java.util.Map;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Normalises the last axis by its root mean square: {@code y = x / sqrt(mean(x²) + epsilon) ·
 * weight} (Zhang and Sennrich, 2019). It is a float layer, into which a smoothing scale can be
 * folded.
 */
public class RMSNorm {
  private static final String NAME = "RMSNorm";

  @Weight(layout = "C")
  private final INDArray weight;

  private final double epsilon;

  /**
   * Makes a layer; the array is not copied.
   *
   * @param weight [channels]
   * @param epsilon added to the mean square, as 1e-6
   * @throws IllegalArgumentException if the shape is another or epsilon is negative
   */
  public RMSNorm(INDArray weight, double epsilon) {
    Objects.requireNonNull(weight, "weight");
    Shapes.rank(NAME, "weight", weight, 1, "[channels]");
    Shapes.epsilon(NAME, epsilon);
    this.weight = weight;
    this.epsilon = epsilon;
  }

  /** Returns the gain, [channels]. */
  public INDArray weight() {
    return weight;
  }

  /** Returns what is added to the mean square. */
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
    return Rows.zip(
        x,
        x,
        (row, y) -> {
          double scale = scale(row);
          for (int c = 0; c < y.length; c++) {
            y[c] = row[c] * scale * w[c];
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
    INDArray byInput =
        Rows.zip(
            x,
            gradOutput,
            (row, grad) -> {
              double scale = scale(row);
              double product = 0;
              for (int c = 0; c < grad.length; c++) {
                byWeight[c] += grad[c] * row[c] * scale;
                product += grad[c] * w[c] * row[c];
              }
              double pull = product * scale * scale / grad.length;
              for (int c = 0; c < grad.length; c++) {
                grad[c] = scale * (grad[c] * w[c] - row[c] * pull);
              }
            });
    return new Gradients(byInput, Map.of("weight", Rows.vector(byWeight, weight)));
  }

  private double scale(double[] row) {
    double squares = 0;
    for (double value : row) {
      squares += value * value;
    }
    return 1 / Math.sqrt(squares / row.length + epsilon);
  }

  private void check(INDArray x) {
    Shapes.size(NAME, x, -1, weight.length(), "[..., " + weight.length() + "]");
  }
}
