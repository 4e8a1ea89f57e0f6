package dev.bitfold.it.mixin;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8;
import dev.bitfold.annotations.QuantizeFor;
import dev.bitfold.annotations.Weight;
import dev.bitfold.it.mixin.vendor.Head;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The mix-in of a record. */
@Int8
@QuantizeFor(Head.class)
interface HeadMixIn {
  @Weight(layout = "IO")
  INDArray weight();

  INDArray forward(@Input(layout = "NC") INDArray x);
}
