package dev.bitfold.tensor;

import java.util.Arrays;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Compares tensors bit for bit. ND4J's own equality has a tolerance. */
public final class Bits {
  private Bits() {}

  /**
   * Returns whether two tensors have the same type, shape and values. -0 does not equal 0, and NaN
   * equals NaN.
   */
  public static boolean same(INDArray a, INDArray b) {
    if (a == b) {
      return true;
    }
    if (a.dataType() != b.dataType() || !Arrays.equals(a.shape(), b.shape())) {
      return false;
    }
    return a.dataType() == DataType.FLOAT
        ? Arrays.equals(DenseFloats.of(a, "a tensor").copy(), DenseFloats.of(b, "a tensor").copy())
        : a.equalsWithEps(b, 0);
  }
}
