package dev.bitfold.it.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.it.layers.LayerNorm;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A pre-norm block with a float layer. */
@QuantizeModel
public record Block(LayerNorm norm, Attention attention) {
  public INDArray forward(INDArray x) {
    return attention.forward(norm.forward(x)).add(x);
  }
}
