package dev.bitfold.it.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.it.layers.Optionally;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A model that uses an input only when it is there. */
@QuantizeModel
public record OptionalModel(Optionally layer) {
  public INDArray forward(INDArray x) {
    return layer.forward(x, x.sumNumber().doubleValue() > 0 ? x : null);
  }
}
