package dev.bitfold.examples.digits;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A fully connected layer. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8, unsigned = true)
class Linear {
  @Weight(layout = "IO")
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
    return Nd4j.matmul(x, weight).addiRowVector(bias);
  }

  Gradients backward(INDArray x, INDArray gradOutput) {
    return Gradients.of(Nd4j.matmul(gradOutput, weight, false, true, false))
        .with("weight", Nd4j.matmul(x, gradOutput, true, false, false))
        .with("bias", gradOutput.sum(0));
  }
}
