package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8;
import dev.bitfold.annotations.QuantizeFor;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

@Int8
@QuantizeFor(VendorDense.class)
public interface DenseMixIn {
  @Weight(layout = "IO")
  INDArray weight();

  INDArray forward(@Input(layout = "NC") INDArray x);
}
