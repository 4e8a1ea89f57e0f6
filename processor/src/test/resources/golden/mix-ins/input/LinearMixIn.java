package com.acme;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.QuantizeFor;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

@Int8SmoothQuant
@QuantizeFor(VendorLinear.class)
abstract class LinearMixIn {
  LinearMixIn(INDArray weight, INDArray bias, int groups) {}

  @Weight(layout = "OI")
  abstract INDArray getWeight();

  @Bias(layout = "O")
  INDArray bias;

  abstract INDArray forward(@Input(layout = "NC") INDArray x);
}
