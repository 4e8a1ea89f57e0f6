package dev.bitfold.examples.embeddings.model;

import java.nio.FloatBuffer;
import org.nd4j.linalg.api.ndarray.INDArray;

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

  /** The values of x in row-major order. */
  static float[] copyOf(INDArray x) {
    INDArray dense = x.ordering() == 'c' && !x.isView() ? x : x.dup('c');
    float[] values = new float[Math.toIntExact(dense.length())];
    dense.data().asNioFloat().get(0, values);
    return values;
  }
}
