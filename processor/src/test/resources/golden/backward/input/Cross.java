package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;

@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
class Cross {
  @Weight(layout = "IO")
  final INDArray weight;

  Cross(INDArray weight) {
    this.weight = weight;
  }

  INDArray forward(@Input INDArray x, double gain, @Input INDArray memory) throws java.io.IOException {
    return x.mul(gain).add(memory).mmul(weight);
  }

  Gradients backward(INDArray a, double gain, INDArray hooks, INDArray gradOutput) {
    INDArray g = gradOutput.mmul(weight.transpose());
    return Gradients.of(g.mul(gain))
        .with("memory", g)
        .with("weight", a.mul(gain).add(hooks).transpose().mmul(gradOutput));
  }
}
