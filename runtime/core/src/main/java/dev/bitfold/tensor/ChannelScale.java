package dev.bitfold.tensor;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A SmoothQuant pre-quant scale on a tensor that is not quantized. */
public final class ChannelScale {
  private ChannelScale() {}

  /**
   * The tensor with each channel multiplied by its factor, a new array.
   *
   * @param factors one per channel
   * @param axis the channel axis, counted from the end: -1 is the last
   */
  public static INDArray apply(INDArray x, INDArray factors, int axis) {
    long[] shape = new long[x.rank()];
    Arrays.fill(shape, 1);
    shape[x.rank() + axis] = factors.length();
    return x.mul(factors.reshape(shape));
  }
}
