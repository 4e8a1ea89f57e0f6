package dev.bitfold.it.generic;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A model that holds sequences of two classes. */
@QuantizeModel
record Net(Seq<Dense> stem, Seq<Gated> body) {
  INDArray forward(INDArray x) {
    return body.forward(stem.forward(x));
  }
}
