package dev.bitfold.it.mixin;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.QuantizeFor;
import dev.bitfold.annotations.Weight;
import dev.bitfold.it.mixin.vendor.Linear;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An interface: methods stand for methods and for fields. */
@Int8SmoothQuant
@QuantizeFor(Linear.class)
public interface LinearMixIn {
  @Weight(layout = "OI")
  INDArray getWeight();

  @Bias(layout = "O")
  INDArray bias();

  INDArray forward(@Input(layout = "NC") INDArray x);
}
