package com.acme;

import org.nd4j.linalg.api.ndarray.INDArray;

record Plain() implements Act {
  @Override
  public INDArray forward(INDArray x) {
    return x;
  }
}
