package dev.bitfold.it.layers;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Has only weights, which are inherited, and a parameter that is not a tensor. */
@Quantize(bits = 8)
public class ScaledLinear extends Weighted {
  private final float factor;

  public ScaledLinear(INDArray weight, float factor) {
    super(weight);
    this.factor = factor;
  }

  public float factor() {
    return factor;
  }

  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return Nd4j.gemm(x, weight(), false, true).muli(factor);
  }
}
