package dev.bitfold.it.training;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Has two layers, which may be the same object. */
@QuantizeModel
record Pair(Dense one, Dense two) {
  INDArray forward(INDArray x) {
    return two.forward(one.forward(x));
  }

  double learn(INDArray x) {
    INDArray a = one.forward(x);
    INDArray y = two.forward(a);
    one.backward(x, two.backward(a, y.mul(2.0 / y.length())).input());
    return y.mul(y).meanNumber().doubleValue();
  }
}
