package dev.bitfold.layers.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layers.Conv1dChannelsLast;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A {@link Conv1dChannelsLast}. */
@QuantizeModel
public record Conv1dLastNet(Conv1dChannelsLast conv) {
  /** Applies it. */
  public INDArray forward(INDArray x) {
    return conv.forward(x);
  }
}
