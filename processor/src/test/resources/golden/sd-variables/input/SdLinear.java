package com.acme;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Ste;
import dev.bitfold.annotations.Weight;
import org.nd4j.autodiff.samediff.SDVariable;

@Quantize(bits = 4, per = "O", calib = Calib.MSE, ste = Ste.LSQ)
@Quantize(role = Role.INPUT, bits = 8)
public class SdLinear {
  @Weight(layout = "IO")
  private final SDVariable weight;

  @Bias(layout = "O")
  private final SDVariable bias;

  public SdLinear(SDVariable weight, SDVariable bias) {
    this.weight = weight;
    this.bias = bias;
  }

  public SDVariable weight() {
    return weight;
  }

  public SDVariable bias() {
    return bias;
  }

  public SDVariable forward(@Input(layout = "…C") SDVariable x) {
    return x.mmul(weight).add(bias);
  }
}
