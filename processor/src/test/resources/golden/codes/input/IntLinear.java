package com.acme;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.ScaleOf;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

@Quantize(bits = 8, per = "O", fakeQuant = false)
@Quantize(role = Role.INPUT, bits = 8, fakeQuant = false)
public class IntLinear {
  private final INDArray step;

  @Weight(layout = "OI")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  public IntLinear(@ScaleOf("weight") INDArray step, INDArray weight, INDArray bias) {
    this.step = step;
    this.weight = weight;
    this.bias = bias;
  }

  public INDArray step() {
    return step;
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray bias() {
    return bias;
  }

  public INDArray forward(@ScaleOf("x") INDArray stepOfX, @Input(layout = "NC") INDArray x) {
    INDArray y = x.mmul(weight.transpose());
    return (step == null ? y : y.muliRowVector(step).muli(stepOfX)).addiRowVector(bias);
  }
}
