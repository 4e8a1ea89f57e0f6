package dev.bitfold.it.codes;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.SmoothQuant;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The same layer on fake-quantized values. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@SmoothQuant
class Linear {
  @Weight(layout = "OI")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  Linear(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  INDArray weight() {
    return weight;
  }

  INDArray bias() {
    return bias;
  }

  INDArray forward(@Input(layout = "NC") INDArray x) {
    return Nd4j.gemm(x, weight, false, true).addiRowVector(bias);
  }

  public Gradients backward(INDArray x, INDArray gradient) {
    return Gradients.of(gradient.mmul(weight))
        .with("weight", gradient.transpose().mmul(x))
        .with("bias", gradient.sum(0));
  }
}
