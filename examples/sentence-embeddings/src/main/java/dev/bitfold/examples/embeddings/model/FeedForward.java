package dev.bitfold.examples.embeddings.model;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * The two-layer network behind the attention: widen, GELU, narrow.
 *
 * @param fc1 channels to inner channels
 * @param fc2 inner channels to channels
 */
@QuantizeModel
public record FeedForward(Linear fc1, Linear fc2) {
  /** Maps [tokens, channels] to [tokens, channels]. */
  public INDArray forward(INDArray x) {
    return fc2.forward(Gelu.forward(fc1.forward(x)));
  }
}
