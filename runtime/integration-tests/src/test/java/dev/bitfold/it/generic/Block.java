package dev.bitfold.it.generic;

import org.nd4j.linalg.api.ndarray.INDArray;

/** What a sequence may consist of. */
sealed interface Block permits Dense, Gated, Relu {
  INDArray forward(INDArray x);
}
