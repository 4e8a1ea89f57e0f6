package com.acme;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import java.io.IOException;
import java.nio.file.Path;
import javax.annotation.processing.Generated;

/** Quantizes {@link Block}. */
@Generated("dev.bitfold.processor.BitfoldProcessor")
final class BlockQuantizer {
  private BlockQuantizer() {}

  /**
   * How a model will be quantized; nothing is measured yet.
   *
   * @param model the float model, which is never changed
   */
  public static Plan<Block> of(Block model) {
    return Plan.of(model, component());
  }

  /**
   * The quantized model of a file that {@link Quantized#save} wrote.
   *
   * @param model the float model, as it was when the file was saved
   * @throws IOException if the file is not of this model, or cannot be read
   */
  public static Quantized<Block> load(Block model, Path file) throws IOException {
    return Quantized.load(model, component(), file);
  }

  /** How a model is rebuilt; for generated code of models that contain this one. */
  public static Component<Block> component() {
    return Component.model(Block.class, BlockQuantizer::rebuild);
  }

  private static Block rebuild(Block model, Walk walk) {
    walk.smoothInto("norm", "attention.queries.*", "attention.key", "attention.value");
    walk.smoothInto("last", "experts.first", "gates.0");
    return new Block(
        walk.visit("norm", model.norm(), Component.optional(Component.layer(QuantizedNorm.type()))),
        walk.visit("attention", model.attention(), AttentionQuantizer.component()),
        walk.visit("last", model.last(), Component.layer(QuantizedNorm.type())),
        walk.visit("experts", model.experts(), Component.map(Component.layer(QuantizedLinear.type()))),
        walk.visit("gates", model.gates(), Component.array(Component.layer(QuantizedLinear.type()))));
  }
}
