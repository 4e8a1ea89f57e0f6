package dev.bitfold.toy;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A layer as a user writes it. */
public class ToyLinear {
  private final INDArray weight;

  public ToyLinear(INDArray weight) {
    this.weight = weight;
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray forward(INDArray x) {
    long[] shape = x.shape().clone();
    shape[shape.length - 1] = weight.size(1);
    return Nd4j.matmul(x.reshape(-1, weight.size(0)), weight).reshape(shape);
  }
}
