package com.acme;

import dev.bitfold.annotations.Implementations;
import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.autodiff.samediff.SDVariable;

@QuantizeModel
public record SdNet(SdLinear a, @Implementations(SdGate.class) SdLayer gate, SdLinear b) {
  public SDVariable forward(SDVariable x) {
    return b.forward(gate.forward(a.forward(x)));
  }
}
