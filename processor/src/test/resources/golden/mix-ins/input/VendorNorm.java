package com.acme;

import org.nd4j.linalg.api.ndarray.INDArray;

public final class VendorNorm {
  final INDArray gain;

  private VendorNorm() {
    this(null);
  }

  VendorNorm(INDArray g) {
    this.gain = g;
  }

  INDArray forward(INDArray x) {
    return x.mul(gain);
  }
}
