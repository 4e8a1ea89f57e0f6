package dev.bitfold.quantizer.scale;

import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds one value for each group, or one value for all groups.
 *
 * @param values the values in c order; must not be changed
 * @param shape the shape that the values were given with
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
public record GroupValues(float[] values, long[] shape) {
  /** Returns a copy of an array's values. */
  public static GroupValues of(INDArray array) {
    return new GroupValues(
        DenseFloats.of(array.castTo(DataType.FLOAT), "a fixed value").copy(),
        array.shape().clone());
  }

  /** Returns whether there is one value for all groups. */
  boolean single() {
    return values.length == 1;
  }

  /**
   * Returns whether the values fit groups of this shape: if they have this shape, or if they are
   * flat and one axis keeps scales.
   */
  boolean fits(long[] groups) {
    if (single() || Arrays.equals(shape, groups)) {
      return true;
    }
    long count = Arrays.stream(groups).reduce(1, (a, b) -> a * b);
    long kept = Arrays.stream(groups).filter(n -> n != 1).count();
    return shape.length == 1 && values.length == count && kept <= 1;
  }

  @Override
  public String toString() {
    return "shape " + Arrays.toString(shape);
  }
}
