package com.acme;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Weight;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

@Int8
public class Experts {
  @Weight(layout = "OI")
  private final List<INDArray> weights;

  @Weight(layout = "OI")
  @Quantize(bits = 4, per = "O")
  private final INDArray gate;

  @Bias(layout = "O")
  final INDArray[] biases;

  public Experts(List<INDArray> weights, INDArray gate, INDArray... biases) {
    this.weights = weights;
    this.gate = gate;
    this.biases = biases;
  }

  public List<INDArray> getWeights() {
    return weights;
  }

  public INDArray gate() {
    return gate;
  }

  public INDArray forward(@Input(layout = "NC") INDArray x) {
    return x.mmul(gate.transpose()).addiRowVector(biases[0]);
  }
}
