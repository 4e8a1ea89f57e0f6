package dev.bitfold.onnx.model.data;

import dev.bitfold.tensor.DenseFloats;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * One batch and where it is from.
 *
 * @param where the file, and the line or part of it, for messages
 * @param arrays an array for each input, by its name
 */
record Feed(String where, Map<String, INDArray> arrays) {
  Feed {
    arrays = Collections.unmodifiableMap(new LinkedHashMap<>(arrays));
  }

  /**
   * Returns this batch.
   *
   * @throws FeedException if an array holds NaN
   */
  Feed checked() {
    arrays.forEach(
        (name, array) -> {
          if (array.dataType().isFPType() && !array.isEmpty()) {
            float[] values = DenseFloats.of(array.castTo(DataType.FLOAT), name).copy();
            for (int i = 0; i < values.length; i++) {
              if (Float.isNaN(values[i])) {
                throw new FeedException(
                    where,
                    "array '" + name + "' holds NaN at " + index(array.shape(), i) + "; remove it");
              }
            }
          }
        });
    return this;
  }

  /** Returns the type and shape of an array, such as {@code int64 [2, 3]}. */
  static String describe(INDArray array) {
    return TypeNames.of(array.dataType()) + " " + Arrays.toString(array.shape());
  }

  /** Returns the index of an element in c order. */
  static String index(long[] shape, long flat) {
    long[] index = new long[shape.length];
    for (int axis = shape.length - 1; axis >= 0; axis--) {
      index[axis] = flat % shape[axis];
      flat /= shape[axis];
    }
    return Arrays.toString(index);
  }
}
