package dev.bitfold.onnx;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;

@QuantizeModel
public record SingleNet(Linear only) {
  public INDArray forward(INDArray x) {
    return only.forward(x);
  }
}
