package dev.bitfold.onnx;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;

@QuantizeModel
public record ConvNet(Conv conv) {
  public INDArray forward(INDArray x) {
    return conv.forward(x);
  }
}
