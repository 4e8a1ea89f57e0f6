package dev.bitfold.examples.embeddings.model;

import org.nd4j.linalg.api.ndarray.INDArray;

/** Layer normalisation over the channels: {@code (x - mean) / sqrt(variance + epsilon) · w + b}. */
public class LayerNorm {
  private final INDArray weight;
  private final INDArray bias;
  private final float epsilon;

  /**
   * Makes a layer.
   *
   * @param weight [channels]
   * @param bias [channels]
   * @param epsilon added to the variance, as the model's file says
   */
  public LayerNorm(INDArray weight, INDArray bias, float epsilon) {
    this.weight = weight;
    this.bias = bias;
    this.epsilon = epsilon;
  }

  /** The gain, [channels]. */
  public INDArray weight() {
    return weight;
  }

  /** The bias, [channels]. */
  public INDArray bias() {
    return bias;
  }

  /** What is added to the variance. */
  public float epsilon() {
    return epsilon;
  }

  /**
   * Normalises every row.
   *
   * @param x [..., channels], of any rank
   * @return a new array of the same shape
   */
  public INDArray forward(INDArray x) {
    // ND4J's own layer_norm knows no epsilon.
    float[] w = Rows.copyOf(weight);
    float[] b = Rows.copyOf(bias);
    return Rows.map(x, row -> normalise(row, w, b));
  }

  private void normalise(float[] row, float[] w, float[] b) {
    double sum = 0;
    for (float value : row) {
      sum += value;
    }
    float mean = (float) (sum / row.length);
    double squares = 0;
    for (float value : row) {
      float centred = value - mean;
      squares += centred * centred;
    }
    float scale = (float) (1 / Math.sqrt(squares / row.length + epsilon));
    for (int i = 0; i < row.length; i++) {
      row[i] = (row[i] - mean) * scale * w[i] + b[i];
    }
  }
}
