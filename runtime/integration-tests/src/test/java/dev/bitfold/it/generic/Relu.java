package dev.bitfold.it.generic;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A function, which is passed on. */
record Relu() implements Block {
  @Override
  public INDArray forward(INDArray x) {
    return Transforms.relu(x);
  }
}
