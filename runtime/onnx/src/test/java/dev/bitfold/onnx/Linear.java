package dev.bitfold.onnx;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.SmoothQuant;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@SmoothQuant
public class Linear {
  @Weight(layout = "IO")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  public Linear(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray bias() {
    return bias;
  }

  public INDArray forward(@Input(layout = "…C") INDArray x) {
    return Nd4j.matmul(x, weight).addiRowVector(bias);
  }
}
