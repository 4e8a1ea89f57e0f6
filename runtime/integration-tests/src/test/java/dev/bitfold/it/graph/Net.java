package dev.bitfold.it.graph;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Computes the same as {@link SdNet}, with arrays. */
@QuantizeModel
record Net(Linear a, Linear b) {
  INDArray forward(INDArray x) {
    return b.forward(Nd4j.math().tanh(a.forward(x)));
  }
}
