package dev.bitfold.it.training;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A float layer: a record behind an interface, whose offset is not trained. */
record Gain(@Weight(layout = "C") INDArray scale, @Bias(layout = "C") INDArray offset)
    implements Stage {
  @Override
  public INDArray forward(INDArray x) {
    return x.mulRowVector(scale).addiRowVector(offset);
  }

  @Override
  public Gradients backward(INDArray x, INDArray gradOutput) {
    return Gradients.of(gradOutput.mulRowVector(scale))
        .with("scale", x.mul(gradOutput).sum(0))
        .fixed("offset");
  }
}
