package dev.bitfold.it.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.it.layers.Linear;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A model inside models. */
@QuantizeModel
public record Attention(Linear query, Linear key, Linear value) {
  public INDArray forward(INDArray x) {
    return Transforms.tanh(query.forward(x).mul(key.forward(x))).mul(value.forward(x));
  }
}
