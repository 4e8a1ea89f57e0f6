package dev.bitfold.examples.embeddings.model;

import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The exact GELU, {@code x / 2 · (1 + erf(x / √2))}. ND4J's {@code preciseGelu} is the tanh
 * approximation, which is off by up to 5e-4, and its erf is slow; here erf is the rational
 * approximation that Eigen and TensorFlow use, good to 1e-6, in a loop that vectorises.
 */
final class Gelu {
  private static final float INVERSE_SQRT_2 = 0.70710678118654752f;

  private Gelu() {}

  /** Applies GELU to each value of x, [..., channels], and returns a new array. */
  static INDArray forward(INDArray x) {
    return Rows.map(x, Gelu::apply);
  }

  static void apply(float[] row) {
    for (int i = 0; i < row.length; i++) {
      float x = row[i];
      float z = Math.max(-4f, Math.min(4f, x * INVERSE_SQRT_2));
      float s = z * z;
      float p = s * -2.72614225801306e-10f + 2.77068142495902e-08f;
      p = p * s - 2.10102402082508e-06f;
      p = p * s - 5.69250639462346e-05f;
      p = p * s - 7.34990630326855e-04f;
      p = p * s - 2.95459980854025e-03f;
      p = p * s - 1.60960333262415e-02f;
      float q = s * -1.45660718464996e-05f - 2.13374055278905e-04f;
      q = q * s - 1.68282697438203e-03f;
      q = q * s - 7.37332916720468e-03f;
      q = q * s - 1.42647390514189e-02f;
      row[i] = 0.5f * x * (1f + z * p / q);
    }
  }
}
