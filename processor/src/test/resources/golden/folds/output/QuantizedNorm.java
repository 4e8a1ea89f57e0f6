package com.acme;

import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;

/**
 * Builds {@link Norm} again in a quantized model; only its weights differ, so it needs no wrapper.
 *
 * <ul>
 *   <li>{@code weight}, layout C: float
 *   <li>{@code bias}, layout C: float
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
final class QuantizedNorm {
  private static final LayerType<Norm, Norm> TYPE =
      LayerType.builder(Norm.class, QuantizedNorm::rebuild)
          .weight("weight", "C")
          .bias("bias", "C")
          .build();

  private QuantizedNorm() {}

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Norm, Norm> type() {
    return TYPE;
  }

  private static Norm rebuild(Norm layer, ArrayHooks hooks) {
    Norm rebuilt = new Norm(hooks.tensor("weight", layer.weight()), hooks.tensor("bias", layer.bias()));
    hooks.check("weight", rebuilt.weight());
    hooks.check("bias", rebuilt.bias());
    return rebuilt;
  }
}
