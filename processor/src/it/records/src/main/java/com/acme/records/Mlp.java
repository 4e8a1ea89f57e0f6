package com.acme.records;

import dev.bitfold.annotations.QuantizeModel;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Layers in a row. */
@QuantizeModel
public record Mlp(List<Layer> hidden, Layer head) {
  public INDArray forward(INDArray x) {
    for (Layer layer : hidden) {
      x = layer.forward(x);
    }
    return head.forward(x);
  }
}
