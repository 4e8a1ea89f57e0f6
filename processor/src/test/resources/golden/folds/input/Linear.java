package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A reader, and a source as well. */
@Int8SmoothQuant
class Linear {
  @Weight(layout = "IO") final INDArray weight;

  Linear(INDArray weight) {
    this.weight = weight;
  }

  INDArray forward(@Input(layout = "…C") INDArray x) {
    return x.mmul(weight);
  }
}
