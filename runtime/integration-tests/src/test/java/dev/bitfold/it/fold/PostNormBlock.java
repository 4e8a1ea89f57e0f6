package dev.bitfold.it.fold;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.it.layers.LayerNorm;
import dev.bitfold.it.layers.Linear;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Computes a block as in BERT: the norm's output also goes into the residual, which the annotation
 * does not list.
 */
@QuantizeModel
public record PostNormBlock(
    @SmoothInto("fc1") LayerNorm norm1, Linear fc1, Linear fc2, LayerNorm norm2, Linear head) {

  static PostNormBlock random(int channels) {
    return new PostNormBlock(
        Norms.withOutliers(1, channels),
        Linear.random(20, 2 * channels, channels),
        Linear.random(30, channels, 2 * channels),
        Norms.withOutliers(2, channels),
        Linear.random(40, 4, channels));
  }

  public INDArray forward(INDArray x) {
    INDArray h = norm1.forward(x);
    INDArray ffn = fc2.forward(Transforms.relu(fc1.forward(h)));
    return head.forward(norm2.forward(ffn.add(h)));
  }
}
