package com.acme;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

public final class LayerNorm {
  @Weight(layout = "C")
  private final INDArray weight;

  @Bias(layout = "C")
  private final INDArray bias;

  private final double eps;

  public LayerNorm(INDArray weight, INDArray bias, double eps) {
    this.weight = weight;
    this.bias = bias;
    this.eps = eps;
  }

  public INDArray getWeight() {
    return weight;
  }

  public INDArray getBias() {
    return bias;
  }

  public double eps() {
    return eps;
  }

  public INDArray forward(INDArray x) {
    return x.mul(weight).addi(eps);
  }
}
