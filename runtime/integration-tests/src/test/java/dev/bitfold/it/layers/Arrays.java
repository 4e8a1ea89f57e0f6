package dev.bitfold.it.layers;

import java.util.Random;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Tensors for the tests, the same on every machine. */
public final class Arrays {
  private Arrays() {}

  /** Normal values of a seed. */
  public static INDArray normal(long seed, long... shape) {
    Random random = new Random(seed);
    long length = 1;
    for (long n : shape) {
      length *= n;
    }
    float[] values = new float[(int) length];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Nd4j.createFromArray(values).reshape(shape);
  }

  /** Normal values, two channels of which are large: what SmoothQuant is for. */
  public static INDArray outliers(long seed, int rows, int channels) {
    INDArray x = normal(seed, rows, channels);
    x.getColumn(1).muli(60);
    x.getColumn(5).muli(30);
    return x;
  }
}
