package dev.bitfold.it.fold;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.it.layers.Linear;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Computes attention with one head. The values affect the output linearly, so the output's scale
 * can be folded into them.
 */
@QuantizeModel
public record SelfAttention(
    Linear query, Linear key, @SmoothInto("output") Linear value, Linear output) {

  static SelfAttention random(int seed, int channels) {
    return new SelfAttention(
        small(seed, channels),
        small(seed + 1, channels),
        Linear.random(seed + 2, channels, channels),
        Linear.random(seed + 3, channels, channels));
  }

  /** So small that the softmax does not saturate: norms give large values. */
  private static Linear small(int seed, int channels) {
    return Linear.unbiased(Linear.random(seed, channels, channels).weight().mul(0.04));
  }

  public INDArray forward(INDArray x) {
    INDArray scores = query.forward(x).mmul(key.forward(x).transpose());
    INDArray attention = Transforms.softmax(scores.divi(Math.sqrt(x.size(1))));
    return output.forward(attention.mmul(value.forward(x)));
  }
}
