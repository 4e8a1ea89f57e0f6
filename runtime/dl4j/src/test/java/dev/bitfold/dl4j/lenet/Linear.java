package dev.bitfold.dl4j.lenet;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A fully connected layer with the weight of Deeplearning4j's. */
@Int8
class Linear {
  @Weight(layout = "IO")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  Linear(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  INDArray weight() {
    return weight;
  }

  INDArray bias() {
    return bias;
  }

  INDArray forward(@Input(layout = "NC") INDArray x) {
    INDArray y = Nd4j.createUninitialized(DataType.FLOAT, x.size(0), weight.size(1));
    return x.mmuli(weight, y).addiRowVector(bias);
  }
}
