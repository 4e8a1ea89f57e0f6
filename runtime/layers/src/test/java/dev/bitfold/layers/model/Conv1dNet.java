package dev.bitfold.layers.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layers.Conv1d;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A {@link Conv1d}. */
@QuantizeModel
public record Conv1dNet(Conv1d conv) {
  /** Applies it. */
  public INDArray forward(INDArray x) {
    return conv.forward(x);
  }
}
