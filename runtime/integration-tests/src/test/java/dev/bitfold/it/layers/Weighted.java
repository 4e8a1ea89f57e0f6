package dev.bitfold.it.layers;

import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A superclass that declares the weight. */
public abstract class Weighted {
  @Weight(layout = "OI")
  private final INDArray weight;

  protected Weighted(INDArray weight) {
    this.weight = weight;
  }

  public INDArray weight() {
    return weight;
  }
}
