package dev.bitfold.layers;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.Weight;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A convolution over sequences, channels last (NTC), grouped or depthwise if {@code groups} says
 * so. By default int8 with SmoothQuant: a weight scale per output channel, one calibrated input
 * scale.
 */
@Int8SmoothQuant
public class Conv1dChannelsLast extends SequenceConvolution {
  /**
   * A convolution in one group that moves by one, without padding.
   *
   * @param weight [out, in, kt]
   * @param bias [out], or null for none
   * @throws IllegalArgumentException if a shape is another
   */
  public Conv1dChannelsLast(INDArray weight, @Nullable INDArray bias) {
    this(weight, bias, Window.UNIT, 1);
  }

  /**
   * Makes a layer; the arrays are not copied.
   *
   * @param weight [out, in / groups, kt]
   * @param bias [out], or null for none
   * @param window how the kernel moves along T
   * @param groups a divisor of both channel counts; as many as input channels: depthwise
   * @throws IllegalArgumentException if a shape is another
   */
  public Conv1dChannelsLast(
      @Weight(layout = "OIT") INDArray weight,
      @Bias(layout = "O") @Nullable INDArray bias,
      Window window,
      int groups) {
    super("Conv1dChannelsLast", true, weight, bias, window, groups);
  }

  /**
   * Applies the layer.
   *
   * @param x [n, t, in]
   * @return [n, t', out], a new array
   * @throws IllegalArgumentException if the channels are others, or the kernel is larger than the
   *     padded input
   */
  public INDArray forward(@Input(layout = "NTC") INDArray x) {
    return output(x);
  }
}
