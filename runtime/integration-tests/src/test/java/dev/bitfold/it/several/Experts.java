package dev.bitfold.it.several;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Sums any number of linear maps: weights in a list, biases in an array. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
class Experts {
  @Weight(layout = "OI")
  private final List<INDArray> weights;

  @Bias(layout = "O")
  private final INDArray[] biases;

  Experts(List<INDArray> weights, INDArray... biases) {
    this.weights = weights;
    this.biases = biases;
  }

  List<INDArray> weights() {
    return weights;
  }

  INDArray[] biases() {
    return biases;
  }

  public INDArray forward(@Input(layout = "NC") INDArray x) {
    INDArray y = Nd4j.zeros(x.size(0), weights.get(0).size(0));
    for (INDArray weight : weights) {
      y.addi(Nd4j.gemm(x, weight, false, true));
    }
    for (INDArray bias : biases) {
      y.addiRowVector(bias);
    }
    return y;
  }

  public Gradients backward(INDArray x, INDArray gradOutput) {
    INDArray ofInput = Nd4j.zerosLike(x);
    weights.forEach(weight -> ofInput.addi(Nd4j.gemm(gradOutput, weight, false, false)));
    Gradients gradients = Gradients.of(ofInput);
    for (int i = 0; i < weights.size(); i++) {
      gradients = gradients.with("weights[" + i + "]", Nd4j.gemm(gradOutput, x, true, false));
    }
    for (int i = 0; i < biases.length; i++) {
      gradients = gradients.with("biases[" + i + "]", gradOutput.sum(0));
    }
    return gradients;
  }
}
