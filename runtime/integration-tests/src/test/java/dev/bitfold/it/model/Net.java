package dev.bitfold.it.model;

import dev.bitfold.annotations.Implementations;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SkipQuantize;
import dev.bitfold.it.layers.Activated;
import dev.bitfold.it.layers.CrossAttention;
import dev.bitfold.it.layers.Layer;
import dev.bitfold.it.layers.Linear;
import dev.bitfold.it.layers.RecordLinear;
import dev.bitfold.it.layers.ScaledLinear;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** An ordinary class with private fields, and a component of every kind. */
@QuantizeModel
public class Net {
  /** An activation as a type argument. */
  public enum Relu implements UnaryOperator<INDArray> {
    RELU;

    @Override
    public INDArray apply(INDArray x) {
      return Transforms.relu(x);
    }
  }

  private final List<Block> blocks;

  @Implementations({Linear.class, RecordLinear.class})
  private final Map<String, Layer> heads;

  private final Linear[] chain;
  private final CrossAttention cross;
  private final ScaledLinear scaled;
  private final Activated<Relu> activated;

  @Implementations(RecordLinear.class)
  private final Optional<Layer> extra;

  @SkipQuantize private final Linear skipped;
  private final double temperature;

  public Net(
      List<Block> blocks,
      Map<String, Layer> heads,
      Linear[] chain,
      CrossAttention cross,
      ScaledLinear scaled,
      Activated<Relu> activated,
      Optional<Layer> extra,
      Linear skipped,
      double temperature) {
    this.blocks = List.copyOf(blocks);
    this.heads = heads;
    this.chain = chain;
    this.cross = cross;
    this.scaled = scaled;
    this.activated = activated;
    this.extra = extra;
    this.skipped = skipped;
    this.temperature = temperature;
  }

  public List<Block> blocks() {
    return blocks;
  }

  public Map<String, Layer> heads() {
    return heads;
  }

  public Linear[] chain() {
    return chain;
  }

  public CrossAttention cross() {
    return cross;
  }

  public ScaledLinear scaled() {
    return scaled;
  }

  public Activated<Relu> activated() {
    return activated;
  }

  public Optional<Layer> extra() {
    return extra;
  }

  public Linear skipped() {
    return skipped;
  }

  public double temperature() {
    return temperature;
  }

  public INDArray forward(INDArray x) throws IOException {
    INDArray h = x;
    for (Block block : blocks) {
      h = block.forward(h);
    }
    for (Linear layer : chain) {
      h = layer.forward(h);
    }
    INDArray memory = heads.get("a").forward(h).add(heads.get("b").twice(h));
    h = cross.forward(h, memory, memory.mul(0).addi(1), temperature);
    h = activated.forward(scaled.forward(h));
    if (extra.isPresent()) {
      h = extra.get().forward(h);
    }
    return skipped.forward(h);
  }
}
