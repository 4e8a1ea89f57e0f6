package dev.bitfold.it.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.it.layers.Linear;
import java.util.Map;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Layers by keys of any class. */
@QuantizeModel
public record Keyed(Map<Object, Linear> layers) {
  public INDArray forward(INDArray x) {
    INDArray y = x;
    for (Linear layer : layers.values()) {
      y = layer.forward(y);
    }
    return y;
  }
}
