package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import java.io.IOException;
import org.nd4j.linalg.api.ndarray.INDArray;

@Quantize(bits = 8, axis = 0)
@Quantize(role = Role.INPUT, bits = 8)
class CrossAttention {
  @Weight(layout = "OI")
  private final INDArray weight;

  @Weight(layout = "OI")
  @Quantize(bits = {4, 3}, amax = 0.1, name = "projection")
  private final INDArray projection;

  CrossAttention(INDArray weight, INDArray projection) throws IOException {
    if (weight == null) {
      throw new IOException("weight");
    }
    this.weight = weight;
    this.projection = projection;
  }

  INDArray getWeight() {
    return weight;
  }

  INDArray getProjection() {
    return projection;
  }

  protected <T> INDArray forward(
      @Input(layout = "NC") INDArray query,
      @Input(layout = "NC") @Quantize(bits = 4, dynamic = true, per = "N") INDArray memory,
      INDArray mask,
      T hooks,
      double... temperatures)
      throws IOException {
    return query.mmul(memory).mul(mask).mul(temperatures.length);
  }
}
