package com.acme;

import dev.bitfold.annotations.Block;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import org.nd4j.linalg.api.ndarray.INDArray;

@Quantize(bits = {2, 1}, dynamic = true, scaleBits = {8, 0}, blockSizes = @Block(along = "I", size = 32))
public class ScaledLinear extends Weighted {
  final float factor;

  public ScaledLinear(INDArray weight, float factor) {
    super(weight);
    this.factor = factor;
  }

  public ScaledLinear(INDArray weight) {
    this(weight, 1);
  }

  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return x.mmul(weight().transpose()).mul(factor);
  }
}
