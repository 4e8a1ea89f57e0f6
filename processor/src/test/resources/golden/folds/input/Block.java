package com.acme;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import java.util.Map;
import java.util.Optional;

@QuantizeModel
class Block {
  @SmoothInto({"attention.queries.*", "attention.key", "attention.value"})
  private final Optional<Norm> norm;

  private final Attention attention;

  @SmoothInto({"experts.first", "gates.0"})
  private final Norm last;

  private final Map<String, Linear> experts;
  private final Linear[] gates;

  Block(
      Optional<Norm> norm,
      Attention attention,
      Norm last,
      Map<String, Linear> experts,
      Linear[] gates) {
    this.norm = norm;
    this.attention = attention;
    this.last = last;
    this.experts = experts;
    this.gates = gates;
  }

  Optional<Norm> norm() {
    return norm;
  }

  Attention attention() {
    return attention;
  }

  Norm last() {
    return last;
  }

  Map<String, Linear> experts() {
    return experts;
  }

  Linear[] gates() {
    return gates;
  }
}
