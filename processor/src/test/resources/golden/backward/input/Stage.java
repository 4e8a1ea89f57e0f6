package com.acme;

import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;

interface Stage {
  INDArray forward(INDArray x);

  Gradients backward(INDArray x, INDArray gradOutput);
}
