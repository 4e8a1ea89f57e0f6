package com.acme;

import dev.bitfold.annotations.Implementations;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SkipQuantize;
import java.util.List;
import java.util.Map;
import java.util.Optional;

@QuantizeModel
public class Net {
  private final LayerNorm norm;
  private final List<Attention> blocks;

  @Implementations(RecordLinear.class)
  private final Map<String, Layer> heads;

  private final Linear[] chain;
  private final Optional<List<List<Linear>>> extra;
  @SkipQuantize private final Linear skipped;
  private final double temperature;

  public Net(
      LayerNorm norm,
      List<Attention> blocks,
      Map<String, Layer> heads,
      Linear[] chain,
      Optional<List<List<Linear>>> extra,
      Linear skipped,
      double temperature) {
    this.norm = norm;
    this.blocks = blocks;
    this.heads = heads;
    this.chain = chain;
    this.extra = extra;
    this.skipped = skipped;
    this.temperature = temperature;
  }

  public LayerNorm norm() {
    return norm;
  }

  public List<Attention> blocks() {
    return blocks;
  }

  public Map<String, Layer> heads() {
    return heads;
  }

  public Linear[] chain() {
    return chain;
  }

  public Optional<List<List<Linear>>> extra() {
    return extra;
  }

  public Linear skipped() {
    return skipped;
  }

  public double temperature() {
    return temperature;
  }
}
