package dev.bitfold.onnx.proof;

import dev.bitfold.tensor.ChannelScale;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What Bitfold's model does with an input or output of a layer. Immutable.
 *
 * @param tensor its path
 * @param factors what smoothing multiplies it by first, a factor per channel; empty for nothing
 * @param axis the axis of the channels, counted from the end
 * @param quantize Bitfold's quantizer, with its scale fixed
 * @param unsigned whether the quantizer refuses negative values
 */
public record Activation(
    String tensor,
    Optional<INDArray> factors,
    int axis,
    UnaryOperator<INDArray> quantize,
    boolean unsigned) {
  /** The value that is quantized. */
  INDArray scaled(INDArray x) {
    return factors.map(f -> ChannelScale.apply(x, f, axis)).orElse(x);
  }

  /** The smallest and the largest number that the quantizer gives, and what is between two. */
  Range range() {
    INDArray ends = dev.bitfold.tensor.DenseFloats.array(new float[] {0f, Float.MAX_VALUE}, 2);
    float high = quantize.apply(ends).getFloat(1);
    float low = 0;
    if (!unsigned) {
      INDArray ones = dev.bitfold.tensor.DenseFloats.array(new float[] {-Float.MAX_VALUE, 0f}, 2);
      low = quantize.apply(ones).getFloat(0);
    }
    return new Range(low, high);
  }

  /** From the smallest number to the largest. */
  record Range(float low, float high) {}
}
