package dev.bitfold.layers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Random;
import java.util.function.Function;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Random tensors, comparisons and numerical gradients. */
final class Tensors {
  private Tensors() {}

  static INDArray random(Random random, DataType type, long... shape) {
    double[] values = random.doubles(Nd4j.zeros(shape).length(), -1, 1).toArray();
    return Nd4j.createFromArray(values).castTo(type).reshape(shape);
  }

  static void assertClose(INDArray expected, INDArray actual, double tolerance, String what) {
    assertArrayEquals(expected.shape(), actual.shape(), what);
    double[] e = expected.dup('c').castTo(DataType.DOUBLE).data().asDouble();
    double[] a = actual.dup('c').castTo(DataType.DOUBLE).data().asDouble();
    for (int i = 0; i < e.length; i++) {
      assertEquals(e[i], a[i], tolerance * Math.max(1, Math.abs(e[i])), what + " at " + i);
    }
  }

  /**
   * Compares a gradient of sum(output · g) by x with central differences.
   *
   * @param output the layer's output as a function of x, a tensor of doubles
   */
  static void assertGradient(
      INDArray gradient, INDArray x, INDArray g, Function<INDArray, INDArray> output, String what) {
    double step = 1e-5;
    double[] values = x.dup('c').data().asDouble();
    double[] differences = new double[values.length];
    for (int i = 0; i < values.length; i++) {
      double kept = values[i];
      values[i] = kept + step;
      double above = loss(output, values, x, g);
      values[i] = kept - step;
      differences[i] = (above - loss(output, values, x, g)) / (2 * step);
      values[i] = kept;
    }
    assertClose(
        Nd4j.createFromArray(differences).reshape(x.shape()), gradient, 1e-7, "gradient " + what);
  }

  private static double loss(
      Function<INDArray, INDArray> output, double[] values, INDArray x, INDArray g) {
    return output
        .apply(Nd4j.createFromArray(values).reshape(x.shape()))
        .mul(g)
        .sumNumber()
        .doubleValue();
  }
}
