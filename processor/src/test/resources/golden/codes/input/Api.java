package com.acme;

import org.nd4j.linalg.api.ndarray.INDArray;

interface Api {
  INDArray forward(INDArray x);
}
