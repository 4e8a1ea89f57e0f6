package dev.bitfold.it.graph;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Ste;
import dev.bitfold.annotations.Weight;
import org.nd4j.autodiff.samediff.SDVariable;

/** A linear map in a graph, both of whose scales are learned. */
@Quantize(bits = 4, per = "O", calib = Calib.MSE, ste = Ste.LSQ)
@Quantize(role = Role.INPUT, bits = 8, calib = Calib.PERCENTILE, percentile = 99, ste = Ste.LSQ)
class SdLinear {
  @Weight(layout = "IO")
  private final SDVariable weight;

  @Bias(layout = "O")
  private final SDVariable bias;

  SdLinear(SDVariable weight, SDVariable bias) {
    this.weight = weight;
    this.bias = bias;
  }

  SDVariable weight() {
    return weight;
  }

  SDVariable bias() {
    return bias;
  }

  SDVariable forward(@Input(layout = "…C") SDVariable x) {
    return x.mmul(weight).add(bias);
  }
}
