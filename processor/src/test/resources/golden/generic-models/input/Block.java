package com.acme;

import org.nd4j.linalg.api.ndarray.INDArray;

public sealed interface Block permits Dense, Gated, Relu {
  INDArray forward(INDArray x);
}
