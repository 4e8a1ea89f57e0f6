package dev.bitfold.layers.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layers.Conv2dChannelsLast;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A {@link Conv2dChannelsLast}. */
@QuantizeModel
public record Conv2dLastNet(Conv2dChannelsLast conv) {
  /** Applies it. */
  public INDArray forward(INDArray x) {
    return conv.forward(x);
  }
}
