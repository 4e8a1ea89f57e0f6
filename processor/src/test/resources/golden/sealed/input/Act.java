package com.acme;

import org.nd4j.linalg.api.ndarray.INDArray;

public sealed interface Act permits Gate, QuantizedGate, Dense, Plain {
  INDArray forward(INDArray x);
}
