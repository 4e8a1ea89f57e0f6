package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

@W4A8
public record RecordLinear(@Weight(layout = "OI") INDArray weight, String name) implements Layer {
  @Override
  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return x.mmul(weight.transpose());
  }
}
