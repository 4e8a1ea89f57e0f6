package com.acme;

import org.nd4j.linalg.api.ndarray.INDArray;

public record Relu(double slope) implements Block {
  @Override
  public INDArray forward(INDArray x) {
    return x.mul(slope);
  }
}
