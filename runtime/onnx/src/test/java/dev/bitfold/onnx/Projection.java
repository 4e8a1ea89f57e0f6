package dev.bitfold.onnx;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A layer without a bias, whose output is quantized, too. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@Quantize(role = Role.OUTPUT, bits = 8)
public class Projection {
  @Weight(layout = "IO")
  private final INDArray weight;

  public Projection(INDArray weight) {
    this.weight = weight;
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray forward(@Input(layout = "…C") INDArray x) {
    return Nd4j.matmul(x, weight);
  }
}
