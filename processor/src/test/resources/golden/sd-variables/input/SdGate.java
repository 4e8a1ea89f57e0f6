package com.acme;

import dev.bitfold.annotations.Int8;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Weight;
import org.nd4j.autodiff.samediff.SDVariable;

@Int8
record SdGate(@Weight(layout = "IO") SDVariable weight) implements SdLayer {
  @Override
  public SDVariable forward(@Input(layout = "…C") SDVariable x) {
    return x.mmul(weight);
  }
}
