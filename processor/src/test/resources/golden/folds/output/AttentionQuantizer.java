package com.acme;

import dev.bitfold.Plan;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
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
