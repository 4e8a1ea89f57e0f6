package dev.bitfold.it.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.it.layers.Scale;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A model that needs no calibration data. */
@QuantizeModel
public record Scales(List<Scale> layers) {
  public INDArray forward(INDArray x) {
    INDArray y = x;
    for (Scale layer : layers) {
      y = layer.forward(y);
    }
    return y;
  }
}
