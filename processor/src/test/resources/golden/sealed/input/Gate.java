package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import org.nd4j.linalg.api.ndarray.INDArray;

@Quantize(role = Role.INPUT, bits = 8, narrowRange = true)
record Gate(INDArray scale) implements Act {
  @Override
  public INDArray forward(@Input INDArray x) {
    return x.mul(scale);
  }
}
