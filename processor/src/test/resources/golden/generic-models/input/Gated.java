package com.acme;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;

@QuantizeModel
public record Gated(Dense gate, Dense value) implements Block {
  @Override
  public INDArray forward(INDArray x) {
    return gate.forward(x).mul(value.forward(x));
  }
}
