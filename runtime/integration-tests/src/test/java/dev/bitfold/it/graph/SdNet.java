package dev.bitfold.it.graph;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.autodiff.samediff.SDVariable;
import org.nd4j.autodiff.samediff.SameDiff;

@QuantizeModel
record SdNet(SdLinear a, SdLinear b) {
  SDVariable forward(SDVariable x) {
    SameDiff graph = x.getSameDiff();
    return b.forward(graph.math().tanh(a.forward(x)));
  }
}
