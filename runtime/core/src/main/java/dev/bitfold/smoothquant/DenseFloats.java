package dev.bitfold.smoothquant;

import java.util.Arrays;
import org.bytedeco.javacpp.FloatPointer;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The values of a tensor as an array in C order, and back. */
final class DenseFloats {
  private DenseFloats() {}

  /**
   * A copy of the values, rounded to float32.
   *
   * @throws IllegalArgumentException if the tensor holds integers, or more than an array can
   */
  static float[] of(INDArray x, String what) {
    if (!x.dataType().isFPType()) {
      throw new IllegalArgumentException(
          what
              + " of type "
              + x.dataType()
              + " and shape "
              + Arrays.toString(x.shape())
              + ": floating point values are needed");
    }
    if (x.length() > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException(
          what + " of shape " + Arrays.toString(x.shape()) + " has too many elements");
    }
    float[] values = new float[(int) x.length()];
    if (values.length > 0) {
      INDArray dense = x.castTo(DataType.FLOAT).dup('c');
      new FloatPointer(dense.data().pointer()).get(values);
    }
    return values;
  }

  /** A new tensor of the type and shape of another. */
  static INDArray like(INDArray x, float[] values) {
    if (values.length == 0) {
      return Nd4j.create(x.dataType(), x.shape());
    }
    INDArray floats = Nd4j.create(values, x.shape(), 'c');
    return x.dataType() == DataType.FLOAT ? floats : floats.castTo(x.dataType());
  }
}
