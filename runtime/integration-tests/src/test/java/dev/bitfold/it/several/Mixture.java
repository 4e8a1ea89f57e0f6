package dev.bitfold.it.several;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;

@QuantizeModel
record Mixture(Experts experts, Tables tables) {
  INDArray forward(INDArray x) {
    INDArray y = experts.forward(x);
    return tables.tables() == null || tables.tables().isEmpty()
        ? y
        : y.add(Math.abs(tables.tables().get(0).getFloat(0, 0)));
  }
}
