package com.acme;

import dev.bitfold.Plan;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import javax.annotation.processing.Generated;

/** Quantizes {@link Outer.Net}. */
@Generated("dev.bitfold.processor.BitfoldProcessor")
public final class Outer_NetQuantizer {
  private Outer_NetQuantizer() {}

  /**
   * How a model will be quantized; nothing is measured yet.
   *
   * @param model the float model, which is never changed
   */
  public static Plan<Outer.Net> of(Outer.Net model) {
    return Plan.of(model, component());
  }

  /** How a model is rebuilt; for generated code of models that contain this one. */
  public static Component<Outer.Net> component() {
    return Component.model(Outer.Net.class, Outer_NetQuantizer::rebuild);
  }

  private static Outer.Net rebuild(Outer.Net model, Walk walk) {
    return new Outer.Net(
        walk.visit("inner", model.inner(), Component.layer(QuantizedOuter_Inner.type())));
  }
}
