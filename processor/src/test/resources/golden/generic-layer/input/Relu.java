package com.acme;

import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

public enum Relu implements UnaryOperator<INDArray> {
  RELU;

  @Override
  public INDArray apply(INDArray x) {
    return x;
  }
}
