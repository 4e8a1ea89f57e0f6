package dev.bitfold.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.nd4j.linalg.api.ndarray.INDArray;

/** How the tests compare tensors. */
public final class Errors {
  private Errors() {}

  /** The root of noise over signal. */
  public static double relative(INDArray expected, INDArray actual) {
    float[] x = expected.dup('c').data().asFloat();
    float[] y = actual.dup('c').data().asFloat();
    double noise = 0;
    double signal = 0;
    for (int i = 0; i < x.length; i++) {
      noise += Math.pow((double) y[i] - x[i], 2);
      signal += Math.pow(x[i], 2);
    }
    return Math.sqrt(noise / signal);
  }

  public static void assertSameBits(INDArray expected, INDArray actual) {
    assertArrayEquals(expected.shape(), actual.shape());
    assertArrayEquals(expected.dup('c').data().asFloat(), actual.dup('c').data().asFloat());
  }
}
