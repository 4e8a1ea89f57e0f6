package com.acme;

import dev.bitfold.annotations.Fp8;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

@Fp8
public non-sealed class Dense implements Act {
  @Weight public final INDArray weight;

  public Dense(INDArray weight) {
    this.weight = weight;
  }

  @Override
  public INDArray forward(@Input INDArray x) {
    return x.mmul(weight);
  }
}
