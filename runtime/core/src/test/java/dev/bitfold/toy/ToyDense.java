package dev.bitfold.toy;

import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer with a bias and a backward, as a user writes it. */
public class ToyDense {
  private final INDArray weight;
  private final INDArray bias;

  public ToyDense(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray bias() {
    return bias;
  }

  public INDArray forward(INDArray x) {
    return x.mmul(weight).addRowVector(bias);
  }

  public Gradients backward(INDArray x, INDArray gradOutput) {
    return Gradients.of(gradOutput.mmul(weight.transpose()))
        .with("weight", x.transpose().mmul(gradOutput))
        .with("bias", gradOutput.sum(0));
  }
}
