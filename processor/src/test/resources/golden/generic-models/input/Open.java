package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import org.nd4j.linalg.api.ndarray.INDArray;

@Quantize(role = Role.INPUT, bits = 8)
class Open implements Layer {
  @Override
  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return x;
  }
}
