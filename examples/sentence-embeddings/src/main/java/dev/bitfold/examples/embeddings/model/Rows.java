package dev.bitfold.examples.embeddings.model;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.shape.Shape;

/**
 * Plain Java loops over the rows (the last dimension) of a tensor. A row is copied into a {@code
 * float[]}, where the JIT compiler vectorises the loop; for the few operations that ND4J lacks or
 * computes slowly.
 */
final class Rows {
  private Rows() {}

  /** What is done to one row, in place. */
  @FunctionalInterface
  interface RowFunction {
    void apply(float[] row);
  }

  /** Returns a new array of the same shape, with the function applied to each row of x. */
  static INDArray map(INDArray x, RowFunction function) {
    INDArray result = x.dup('c');
    FloatBuffer data = result.data().asNioFloat();
    float[] row = new float[Math.toIntExact(x.size(-1))];
    int end = Math.toIntExact(result.length());
    for (int i = 0; i < end; i += row.length) {
      data.get(i, row);
      function.apply(row);
      data.put(i, row);
    }
    return result;
  }

  /** The values of x in row-major order: its own memory where that is dense, else a copy. */
  static FloatBuffer values(INDArray x) {
    boolean dense = x.ordering() == 'c' && x.offset() == 0 && Shape.hasDefaultStridesForShape(x);
    return (dense ? x : x.dup('c')).data().asNioFloat();
  }

  /** A copy of the values of x in row-major order. */
  static float[] copyOf(INDArray x) {
    float[] copy = new float[Math.toIntExact(x.length())];
    values(x).get(0, copy);
    return copy;
  }
}
