package com.acme.layers;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A linear layer. */
@Int8SmoothQuant
public class Linear {
  @Weight(layout = "OI")
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

  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return x.mmul(weight.transpose()).addiRowVector(bias);
  }
}
