package dev.bitfold.it.layers;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A record that is quantized by a recipe; a wrapper replaces it as a {@link Layer}. */
@W4A8
public record RecordLinear(@Weight(layout = "OI") INDArray weight) implements Layer {
  @Override
  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return Nd4j.gemm(x, weight, false, true);
  }
}
