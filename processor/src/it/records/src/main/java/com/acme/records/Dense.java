package com.acme.records;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A linear layer as a record. */
@W8A8
public record Dense(@Weight(layout = "OI") INDArray weight, @Bias(layout = "O") INDArray bias)
    implements Layer {
  @Override
  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return x.mmul(weight.transpose()).addiRowVector(bias);
  }
}
