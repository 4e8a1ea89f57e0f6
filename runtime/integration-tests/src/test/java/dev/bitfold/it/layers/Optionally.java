package dev.bitfold.it.layers;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** An input without a layout, and one that may be null. */
@Quantize(bits = 8)
@Quantize(role = Role.INPUT, bits = 8)
public class Optionally {
  @Weight private final INDArray weight;

  public Optionally(INDArray weight) {
    this.weight = weight;
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray forward(@Input INDArray x, @Input INDArray memory) {
    INDArray y = x.mulRowVector(weight);
    return memory == null ? y : y.add(memory);
  }
}
