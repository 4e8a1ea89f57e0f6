package dev.bitfold.tensor;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Makes tensors that have a shape, almost no memory, and NaN at every index. A placeholder takes
 * the place of a weight in a model whose weights come from a file. It poisons any computation that
 * uses it, so misuse is visible.
 */
public final class Placeholder {
  private Placeholder() {}

  /** Returns a float32 tensor of the shape, which must not be written to. */
  public static INDArray of(long... shape) {
    INDArray nan = Nd4j.createFromArray(Float.NaN);
    return shape.length == 0
        ? Nd4j.scalar(Float.NaN)
        : Nd4j.create(nan.data(), shape, new long[shape.length], 0, 'c');
  }

  /** Returns whether a tensor is NaN at its first index, as a placeholder is. */
  public static boolean is(INDArray tensor) {
    return !tensor.isEmpty() && Float.isNaN(tensor.getFloat(0));
  }
}
