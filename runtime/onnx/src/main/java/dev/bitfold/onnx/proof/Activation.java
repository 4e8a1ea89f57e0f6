package dev.bitfold.onnx.proof;

import dev.bitfold.tensor.ChannelScale;
import dev.bitfold.tensor.DenseFloats;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What Bitfold's model does with an input or output of a layer. Immutable.
 *
 * @param tensor its path
 * @param factors what smoothing multiplies it by first, a factor per channel; empty for nothing
 * @param axis the axis of the channels, counted from the end
 * @param quantize Bitfold's quantizer
 * @param unsigned whether the quantizer refuses negative values
 * @param ofRange if the scale is each tensor's own, the quantizer of a tensor whose values go from
 *     one end of a range to the other; empty if the scale is fixed
 */
public record Activation(
    String tensor,
    Optional<INDArray> factors,
    int axis,
    UnaryOperator<INDArray> quantize,
    boolean unsigned,
    Optional<Function<Range, UnaryOperator<INDArray>>> ofRange) {
  /** From the smallest number to the largest. */
  public record Range(float low, float high) {}

  /** An activation whose scale is fixed. */
  public static Activation fixed(
      String tensor,
      Optional<INDArray> factors,
      int axis,
      UnaryOperator<INDArray> quantize,
      boolean unsigned) {
    return new Activation(tensor, factors, axis, quantize, unsigned, Optional.empty());
  }

  /** An activation whose scale and zero point come from each tensor. */
  public static Activation dynamic(
      String tensor,
      Optional<INDArray> factors,
      int axis,
      UnaryOperator<INDArray> quantize,
      Function<Range, UnaryOperator<INDArray>> ofRange) {
    return new Activation(tensor, factors, axis, quantize, false, Optional.of(ofRange));
  }

  /** The value that is quantized. */
  INDArray scaled(INDArray x) {
    return factors.map(f -> ChannelScale.apply(x, f, axis)).orElse(x);
  }

  /** The smallest and the largest number that a fixed quantizer gives, and what is between two. */
  Range range() {
    INDArray ends = DenseFloats.array(new float[] {0f, Float.MAX_VALUE}, 2);
    float high = quantize.apply(ends).getFloat(1);
    float low = 0;
    if (!unsigned) {
      INDArray ones = DenseFloats.array(new float[] {-Float.MAX_VALUE, 0f}, 2);
      low = quantize.apply(ones).getFloat(0);
    }
    return new Range(low, high);
  }

  /**
   * The range of the numbers that a tensor is quantized to.
   *
   * @param values of the tensor, scaled; NaN does not count
   */
  Range range(float[] values) {
    if (ofRange.isEmpty()) {
      return range();
    }
    float low = 0;
    float high = 0;
    for (float value : values) {
      low = value < low ? value : low;
      high = value > high ? value : high;
    }
    return new Range(low, high);
  }
}
