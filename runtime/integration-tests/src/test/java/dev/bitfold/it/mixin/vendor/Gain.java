package dev.bitfold.it.mixin.vendor;

import org.nd4j.linalg.api.ndarray.INDArray;

/** A final class with a static factory and an accessor of another name than its parameter. */
public final class Gain {
  private final INDArray gain;

  public Gain(INDArray values) {
    this.gain = values;
  }

  /** Returns a layer. */
  public static Gain of(INDArray gain) {
    return new Gain(gain);
  }

  public INDArray gain() {
    return gain;
  }

  public INDArray forward(INDArray x) {
    return x.mul(gain);
  }
}
