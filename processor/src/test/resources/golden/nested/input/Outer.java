package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8Dynamic;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

public final class Outer {
  private Outer() {}

  @Quantize(bits = 4)
  public @interface W4 {}

  @Int8Dynamic
  public static class Inner {
    @Weight(layout = "OI")
    public final INDArray weight;

    protected Inner(INDArray weight) {
      this.weight = weight;
    }

    public INDArray forward(@Input(layout = "...C") INDArray x) {
      return x.mmul(weight.transpose());
    }
  }

  @W4
  static class Hidden {
    @Weight final INDArray weight;

    Hidden(INDArray weight) {
      this.weight = weight;
    }
  }

  @QuantizeModel
  public record Net(Inner inner) {}
}
