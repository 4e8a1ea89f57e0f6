package dev.bitfold.layers.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layers.Conv2d;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A {@link Conv2d}. */
@QuantizeModel
public record Conv2dNet(Conv2d conv) {
  /** Applies it. */
  public INDArray forward(INDArray x) {
    return conv.forward(x);
  }
}
