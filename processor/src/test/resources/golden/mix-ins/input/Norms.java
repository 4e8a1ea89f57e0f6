package com.acme;

import dev.bitfold.annotations.QuantizeCreator;
import dev.bitfold.annotations.QuantizeFor;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

interface Norms {
  @QuantizeFor(VendorNorm.class)
  abstract class MixIn {
    @Weight(layout = "C")
    INDArray gain;

    @QuantizeCreator
    MixIn(INDArray gain) {}
  }
}
