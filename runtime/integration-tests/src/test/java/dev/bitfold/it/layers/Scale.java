package dev.bitfold.it.layers;

import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A record with a quantized weight and nothing else: it is rebuilt as itself. */
@Quantize(bits = 4)
public record Scale(@Weight(layout = "O") INDArray weight) {
  public INDArray forward(INDArray x) {
    return x.mulRowVector(weight);
  }
}
