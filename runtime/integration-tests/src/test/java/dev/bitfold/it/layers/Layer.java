package dev.bitfold.it.layers;

import org.nd4j.linalg.api.ndarray.INDArray;

/** An open interface with a default method that calls the abstract one. */
public interface Layer {
  INDArray forward(INDArray x);

  default INDArray twice(INDArray x) {
    return forward(forward(x));
  }
}
