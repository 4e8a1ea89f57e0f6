package dev.bitfold.it.graph;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Ste;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Computes the same as {@link SdLinear}, with arrays. */
@Quantize(bits = 4, per = "O", calib = Calib.MSE, ste = Ste.LSQ)
@Quantize(role = Role.INPUT, bits = 8, calib = Calib.PERCENTILE, percentile = 99, ste = Ste.LSQ)
class Linear {
  @Weight(layout = "IO")
  final INDArray weight;

  @Bias(layout = "O")
  final INDArray bias;

  Linear(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  INDArray forward(@Input(layout = "…C") INDArray x) {
    return Nd4j.matmul(x, weight).add(bias);
  }
}
