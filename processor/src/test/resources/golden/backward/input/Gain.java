package com.acme;

import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;

record Gain(@Weight(layout = "C") INDArray scale) implements Stage {
  @Override
  public INDArray forward(INDArray x) {
    return x.mulRowVector(scale);
  }

  @Override
  public Gradients backward(INDArray x, INDArray gradOutput) {
    return Gradients.of(gradOutput.mulRowVector(scale)).with("scale", x.mul(gradOutput).sum(0));
  }
}
