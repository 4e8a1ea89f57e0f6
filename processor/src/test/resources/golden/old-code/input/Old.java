package com.acme;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import java.io.Serializable;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Deprecated, serializable and raw: none of it may make generated code warn. */
@Deprecated
@SuppressWarnings({"rawtypes", "serial"})
@Quantize(bits = 8)
@Quantize(role = Role.OUTPUT, bits = 8)
public class Old implements Serializable {
  @Weight private final INDArray weight;
  private final List names;

  public Old(INDArray weight, List names) {
    this.weight = weight;
    this.names = names;
  }

  public INDArray weight() {
    return weight;
  }

  public List names() {
    return names;
  }

  @Deprecated
  public INDArray forward(@Input INDArray x, List more) {
    return x.mul(weight);
  }
}
