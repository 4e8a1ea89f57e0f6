package dev.bitfold.onnx;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer whose weight lies as in PyTorch, and whose output is quantized, too. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@Quantize(role = Role.OUTPUT, bits = 8)
public class Dense {
  @Weight(layout = "OI")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  public Dense(INDArray weight, INDArray bias) {
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
    return x.mmul(weight.transpose()).addiRowVector(bias);
  }
}
