package dev.bitfold.it.fold;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.LayerNorm;
import dev.bitfold.it.layers.Linear;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A pre-norm block as in OPT: both norms feed nothing but the layers that they list. */
@QuantizeModel
public record DecoderBlock(
    @SmoothInto({"attention.query", "attention.key", "attention.value"}) LayerNorm norm1,
    SelfAttention attention,
    @SmoothInto("fc1") LayerNorm norm2,
    @SmoothInto("fc2") Linear fc1,
    Linear fc2) {

  static DecoderBlock random(int channels) {
    return new DecoderBlock(
        Norms.withOutliers(1, channels),
        SelfAttention.random(10, channels),
        Norms.withOutliers(2, channels),
        Linear.random(20, 2 * channels, channels),
        Linear.random(30, channels, 2 * channels));
  }

  /** Tokens [T, C]. */
  public INDArray forward(INDArray x) {
    INDArray h = attention.forward(norm1.forward(x)).add(x);
    return fc2.forward(Transforms.relu(fc1.forward(norm2.forward(h)))).add(h);
  }

  static INDArray tokens(int seed, int channels) {
    return Arrays.normal(seed, 64, channels);
  }
}
