package dev.bitfold.it.mixin.vendor;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** An open class with a bean's accessors and a second constructor. */
public class Linear {
  private final INDArray weight;
  public final INDArray bias;

  public Linear(INDArray weight) {
    this(weight, Nd4j.zeros(weight.size(0)));
  }

  public Linear(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  public INDArray getWeight() {
    return weight;
  }

  public INDArray forward(INDArray x) {
    return Nd4j.gemm(x, weight, false, true).addiRowVector(bias);
  }
}
