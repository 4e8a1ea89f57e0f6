package dev.bitfold.tensor;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A tensor that has a shape and next to no memory: NaN at every index. It stands where a weight
 * will be, for a model whose weights come from a file, and shows itself if it is computed with.
 */
public final class Placeholder {
  private Placeholder() {}

  /** A float32 tensor of the shape, which must not be written to. */
  public static INDArray of(long... shape) {
    INDArray nan = Nd4j.createFromArray(Float.NaN);
    return shape.length == 0
        ? Nd4j.scalar(Float.NaN)
        : Nd4j.create(nan.data(), shape, new long[shape.length], 0, 'c');
  }

  /** Whether a tensor is NaN at its first index, as a placeholder is. */
  public static boolean is(INDArray tensor) {
    return !tensor.isEmpty() && Float.isNaN(tensor.getFloat(0));
  }
}
