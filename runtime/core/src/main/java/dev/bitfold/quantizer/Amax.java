package dev.bitfold.quantizer;

import dev.bitfold.annotations.QuantDescriptor;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A fixed amax: finite, not negative.
 *
 * @param values in c order; not to be changed
 * @param shape the shape it was given with
 */
@SuppressWarnings("ArrayRecordComponent") // never compared; kernels take plain arrays
record Amax(float[] values, long[] shape) {
  /** The amax of a descriptor; null if it has none. */
  static @Nullable Amax of(QuantDescriptor descriptor) {
    List<Float> given = descriptor.amax();
    if (given.isEmpty()) {
      return null;
    }
    float[] values = new float[given.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = given.get(i);
    }
    return new Amax(values, values.length == 1 ? new long[0] : new long[] {values.length});
  }

  /**
   * The amax in an array.
   *
   * @throws IllegalArgumentException if a value is NaN, infinite or negative
   */
  static Amax of(QuantDescriptor descriptor, INDArray array) {
    float[] values = DenseFloats.copy(array);
    if (values.length == 0) {
      throw new IllegalArgumentException("an empty amax for " + descriptor);
    }
    for (float value : values) {
      if (!(value >= 0) || Float.isInfinite(value)) {
        throw new IllegalArgumentException(
            "amax of shape "
                + Arrays.toString(array.shape())
                + " for "
                + descriptor
                + " holds "
                + value
                + "; an amax is finite and not negative");
      }
    }
    return new Amax(values, array.shape());
  }

  /** Whether there is one value for everything. */
  boolean single() {
    return values.length == 1;
  }

  /** Whether it can serve groups of this shape: the same, or flat with one kept axis. */
  boolean fits(long[] groups) {
    if (Arrays.equals(shape, groups)) {
      return true;
    }
    long count = Arrays.stream(groups).reduce(1, (a, b) -> a * b);
    long kept = Arrays.stream(groups).filter(n -> n != 1).count();
    return shape.length == 1 && values.length == count && kept <= 1;
  }
}
