package dev.bitfold.tensor;

import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Applies SmoothQuant's pre-quant scale to a tensor that is not quantized. */
public final class ChannelScale {
  private ChannelScale() {}

  /**
   * Returns a new array with each channel of the tensor multiplied by its factor.
   *
   * @param factors one factor for each channel
   * @param axis the axis of the channels, counted from the end: -1 is the last
   */
  public static INDArray apply(INDArray x, INDArray factors, int axis) {
    long[] shape = new long[x.rank()];
    Arrays.fill(shape, 1);
    shape[x.rank() + axis] = factors.length();
    return x.mul(factors.reshape(shape));
  }
}
