package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

@Quantize(bits = 8)
@Quantize(role = Role.INPUT, bits = 8)
public class Clashing {
  /** A nested class that a subclass inherits the name of. */
  public static class LayerType {}

  @Weight public final INDArray hooks;
  public final ArrayHooks layer;

  public Clashing(INDArray hooks, ArrayHooks layer) {
    this.hooks = hooks;
    this.layer = layer;
  }

  public INDArray forward(@Input INDArray x, LayerType layer) {
    return x.mul(hooks);
  }
}
