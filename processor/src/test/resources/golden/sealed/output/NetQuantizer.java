package com.acme;

import dev.bitfold.Plan;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.Walk;
import javax.annotation.processing.Generated;

/** Quantizes {@link Net}. */
@Generated("dev.bitfold.processor.BitfoldProcessor")
public final class NetQuantizer {
  private NetQuantizer() {}

  /**
   * How a model will be quantized; nothing is measured yet.
   *
   * @param model the float model, which is never changed
   */
  public static Plan<Net> of(Net model) {
    return Plan.of(model, component());
  }

  /** How a model is rebuilt; for generated code of models that contain this one. */
  public static Component<Net> component() {
    return Component.model(Net.class, NetQuantizer::rebuild);
  }

  private static Net rebuild(Net model, Walk walk) {
    return new Net(
        walk.visit("act", model.act(), Component.<Act>byClass()
            .layer(QuantizedGate.type())
            .layer(QuantizedDense.type())
            .asIs(Plain.class)),
        walk.visit("acts", model.acts(), Component.list(Component.<Act>byClass()
            .layer(QuantizedGate.type())
            .layer(QuantizedDense.type())
            .asIs(Plain.class))));
  }
}
