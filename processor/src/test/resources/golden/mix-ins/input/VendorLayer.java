package com.acme;

import org.nd4j.linalg.api.ndarray.INDArray;

public interface VendorLayer {
  INDArray forward(INDArray x);

  int size();
}
