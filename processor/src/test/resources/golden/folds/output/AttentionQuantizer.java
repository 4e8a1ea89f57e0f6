package com.acme;

import dev.bitfold.Plan;
import dev.bitfold.Quantized;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import java.io.IOException;
import java.nio.file.Path;
import javax.annotation.processing.Generated;

/** Quantizes {@link Attention}. */
@Generated("dev.bitfold.processor.BitfoldProcessor")
final class AttentionQuantizer {
  private AttentionQuantizer() {}

  /**
   * How a model will be quantized; nothing is measured yet.
   *
   * @param model the float model, which is never changed
   */
  public static Plan<Attention> of(Attention model) {
    return Plan.of(model, component());
  }

  /**
   * The quantized model of a file that {@link Quantized#save} wrote.
   *
   * @param model the float model, as it was when the file was saved
   * @throws IOException if the file is not of this model, or cannot be read
   */
  public static Quantized<Attention> load(Attention model, Path file) throws IOException {
    return Quantized.load(model, component(), file);
  }

  /** How a model is rebuilt; for generated code of models that contain this one. */
  public static Component<Attention> component() {
    return Component.model(Attention.class, AttentionQuantizer::rebuild);
  }

  private static Attention rebuild(Attention model, Walk walk) {
    walk.smoothInto("value", "output");
    return new Attention(
        walk.visit("queries", model.queries(), Component.list(Component.layer(QuantizedLinear.type()))),
        walk.visit("key", model.key(), Component.layer(QuantizedLinear.type())),
        walk.visit("value", model.value(), Component.layer(QuantizedLinear.type())),
        walk.visit("output", model.output(), Component.layer(QuantizedLinear.type())));
  }
}
