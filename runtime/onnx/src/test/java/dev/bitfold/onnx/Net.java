package dev.bitfold.onnx;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;

@QuantizeModel
public record Net(Linear first, Linear second) {
  public INDArray forward(INDArray x) {
    return second.forward(first.forward(x));
  }
}
