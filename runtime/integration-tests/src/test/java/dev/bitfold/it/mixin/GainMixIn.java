package dev.bitfold.it.mixin;

import dev.bitfold.annotations.QuantizeFor;
import dev.bitfold.annotations.Weight;
import dev.bitfold.it.mixin.vendor.Gain;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An abstract class: its constructor gives a parameter the name of what it carries. */
@QuantizeFor(Gain.class)
abstract class GainMixIn {
  @Weight(layout = "C")
  INDArray gain;

  GainMixIn(INDArray gain) {}
}
