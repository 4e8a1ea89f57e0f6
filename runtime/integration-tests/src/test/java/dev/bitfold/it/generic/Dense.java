package dev.bitfold.it.generic;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An open layer, whose wrapper is a subclass. */
@Int8SmoothQuant
non-sealed class Dense implements Block {
  @Weight(layout = "IO")
  private final INDArray weight;

  Dense(INDArray weight) {
    this.weight = weight;
  }

  INDArray weight() {
    return weight;
  }

  @Override
  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return x.mmul(weight);
  }
}
