package com.acme.records;

import org.nd4j.linalg.api.ndarray.INDArray;

/** What records stand behind; the wrapper is permitted although it is generated. */
public sealed interface Layer permits Dense, Relu, QuantizedDense {
  INDArray forward(INDArray x);
}
