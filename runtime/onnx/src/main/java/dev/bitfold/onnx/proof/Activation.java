package dev.bitfold.onnx.proof;

import dev.bitfold.tensor.ChannelScale;
import dev.bitfold.tensor.DenseFloats;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Describes what Bitfold's model does with an input or output of a layer. Immutable.
 *
 * @param tensor its path
 * @param factors the pre-quant scale that it is multiplied by first, one factor for each channel;
 *     empty if there is none
 * @param axis the axis of the channels, counted from the end
 * @param quantize Bitfold's quantizer
 * @param unsigned whether the quantizer refuses negative values
 * @param ofRange for a dynamic scale, returns the quantizer of a tensor whose values span a range;
 *     empty if the scale is fixed
 */
public record Activation(
    String tensor,
    Optional<INDArray> factors,
    int axis,
    UnaryOperator<INDArray> quantize,
    boolean unsigned,
    Optional<Function<Range, UnaryOperator<INDArray>>> ofRange) {
  /** Holds the smallest and the largest number. */
  public record Range(float low, float high) {}

  /** Returns an activation with a fixed scale. */
  public static Activation fixed(
      String tensor,
      Optional<INDArray> factors,
      int axis,
      UnaryOperator<INDArray> quantize,
      boolean unsigned) {
    return new Activation(tensor, factors, axis, quantize, unsigned, Optional.empty());
  }

  /** Returns an activation whose scale and zero point come from each tensor. */
  public static Activation dynamic(
      String tensor,
      Optional<INDArray> factors,
      int axis,
      UnaryOperator<INDArray> quantize,
      Function<Range, UnaryOperator<INDArray>> ofRange) {
    return new Activation(tensor, factors, axis, quantize, false, Optional.of(ofRange));
  }

  /** Returns the value that is quantized. */
  INDArray scaled(INDArray x) {
    return factors.map(f -> ChannelScale.apply(x, f, axis)).orElse(x);
  }

  /** Returns the smallest and the largest number that a fixed quantizer gives. */
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
   * Returns the range of the numbers that a tensor is quantized to.
   *
   * @param values the scaled values of the tensor; NaN does not count
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
