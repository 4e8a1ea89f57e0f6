package com.acme;

import org.nd4j.linalg.api.ndarray.INDArray;

public interface Layer {
  INDArray forward(INDArray x);
}
