package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@Quantize(role = Role.OUTPUT, bits = 8)
public class Activated<A extends UnaryOperator<INDArray>> {
  @Weight(layout = "OI")
  private final INDArray weight;

  private final A activation;

  public Activated(INDArray weight, A activation) {
    this.weight = weight;
    this.activation = activation;
  }

  public INDArray weight() {
    return weight;
  }

  public A activation() {
    return activation;
  }

  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return activation.apply(x.mmul(weight.transpose()));
  }
}
