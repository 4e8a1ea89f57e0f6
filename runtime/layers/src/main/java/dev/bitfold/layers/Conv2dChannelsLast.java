package dev.bitfold.layers;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.Weight;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A convolution over images, channels last (NHWC), grouped or depthwise if {@code groups} says so.
 * By default int8 with SmoothQuant: a weight scale per output channel, one calibrated input scale.
 */
@Int8SmoothQuant
public class Conv2dChannelsLast extends ImageConvolution {
  /**
   * A convolution in one group that moves by one, without padding.
   *
   * @param weight [out, in, kh, kw]
   * @param bias [out], or null for none
   * @throws IllegalArgumentException if a shape is another
   */
  public Conv2dChannelsLast(INDArray weight, @Nullable INDArray bias) {
    this(weight, bias, Window.UNIT, Window.UNIT, 1);
  }

  /**
   * Makes a layer; the arrays are not copied.
   *
   * @param weight [out, in / groups, kh, kw]
   * @param bias [out], or null for none
   * @param rows how the kernel moves along H
   * @param columns how it moves along W
   * @param groups a divisor of both channel counts; as many as input channels: depthwise
   * @throws IllegalArgumentException if a shape is another
   */
  public Conv2dChannelsLast(
      @Weight(layout = "OIHW") INDArray weight,
      @Bias(layout = "O") @Nullable INDArray bias,
      Window rows,
      Window columns,
      int groups) {
    super("Conv2dChannelsLast", true, weight, bias, rows, columns, groups);
  }

  /**
   * Applies the layer.
   *
   * @param x [n, h, w, in]
   * @return [n, h', w', out], a new array
   * @throws IllegalArgumentException if the channels are others, or the kernel is larger than the
   *     padded input
   */
  public INDArray forward(@Input(layout = "NHWC") INDArray x) {
    return output(x);
  }
}
