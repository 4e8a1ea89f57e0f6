package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

@Int8
public non-sealed class Dense implements Block {
  @Weight(layout = "IO")
  private final INDArray weight;

  public Dense(INDArray weight) {
    this.weight = weight;
  }

  public INDArray weight() {
    return weight;
  }

  @Override
  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return x.mmul(weight);
  }
}
