package com.acme;

import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

public abstract class Weighted {
  @Weight(layout = "OI")
  private final INDArray weight;

  protected Weighted(INDArray weight) {
    this.weight = weight;
  }

  public INDArray weight() {
    return weight;
  }
}
