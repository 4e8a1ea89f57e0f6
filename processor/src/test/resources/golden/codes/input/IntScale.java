package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.ScaleOf;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

record IntScale(
    @Weight @Quantize(bits = 4, fakeQuant = false) INDArray weight,
    @ScaleOf("weight") INDArray weightScale)
    implements Api {
  @Override
  public INDArray forward(@Input @Quantize(bits = 8) INDArray x) {
    return x.mul(weight);
  }
}
