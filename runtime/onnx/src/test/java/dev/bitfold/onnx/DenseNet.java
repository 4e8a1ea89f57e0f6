package dev.bitfold.onnx;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;

@QuantizeModel
public record DenseNet(Dense dense) {
  public INDArray forward(INDArray x) {
    return dense.forward(x);
  }
}
