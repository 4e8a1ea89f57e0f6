package dev.bitfold.layers;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Loops over the rows (the last axis) of a tensor in double. Norms sum over a row, and a loop over
 * a {@code double[]} is both accurate and vectorised.
 */
final class Rows {
  /** Computes a row from one row of each of two tensors, and overwrites the second row. */
  @FunctionalInterface
  interface RowFunction {
    void apply(double[] x, double[] y);
  }

  private Rows() {}

  /** Returns a new tensor with the function applied to each row of x and the same row of y. */
  static INDArray zip(INDArray x, INDArray y, RowFunction function) {
    INDArray from = x.dup('c');
    INDArray to = y.dup('c');
    int length = Math.toIntExact(x.size(-1));
    if (to.dataType() == DataType.FLOAT && from.dataType() == DataType.FLOAT) {
      floats(from, to, length, function);
      return to;
    }
    double[] xs = from.data().asDouble();
    double[] ys = to.data().asDouble();
    for (int i = 0; i < ys.length; i += length) {
      double[] row = Arrays.copyOfRange(ys, i, i + length);
      function.apply(Arrays.copyOfRange(xs, i, i + length), row);
      System.arraycopy(row, 0, ys, i, length);
    }
    return Nd4j.createFromArray(ys).reshape(y.shape()).castTo(y.dataType());
  }

  private static void floats(INDArray x, INDArray y, int length, RowFunction function) {
    var from = x.data().asNioFloat();
    var to = y.data().asNioFloat();
    float[] floats = new float[length];
    double[] first = new double[length];
    double[] second = new double[length];
    int end = Math.toIntExact(y.length());
    for (int i = 0; i < end; i += length) {
      from.get(i, floats);
      for (int c = 0; c < length; c++) {
        first[c] = floats[c];
      }
      to.get(i, floats);
      for (int c = 0; c < length; c++) {
        second[c] = floats[c];
      }
      function.apply(first, second);
      for (int c = 0; c < length; c++) {
        floats[c] = (float) second[c];
      }
      to.put(i, floats);
    }
  }

  /** Returns a vector's values. */
  static double[] values(INDArray vector) {
    return vector.dup('c').data().asDouble();
  }

  /** Returns a vector of the values, of the type of another tensor. */
  static INDArray vector(double[] values, INDArray like) {
    return Nd4j.createFromArray(values).castTo(like.dataType());
  }
}
