package com.acme;

import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;

/**
 * Builds {@link LayerNorm} again in a quantized model; only its weights differ, so it needs no wrapper.
 *
 * <ul>
 *   <li>{@code weight}, layout C: float
 *   <li>{@code bias}, layout C: float
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedLayerNorm {
  private static final LayerType<LayerNorm, LayerNorm> TYPE =
      LayerType.builder(LayerNorm.class, QuantizedLayerNorm::rebuild)
          .weight("weight", "C")
          .bias("bias", "C")
          .build();

  private QuantizedLayerNorm() {}

  /** The layer as annotated; for generated code of models. */
  public static LayerType<LayerNorm, LayerNorm> type() {
    return TYPE;
  }

  private static LayerNorm rebuild(LayerNorm layer, ArrayHooks hooks) {
    LayerNorm rebuilt = new LayerNorm(
        hooks.tensor("weight", layer.getWeight()),
        hooks.tensor("bias", layer.getBias()),
        layer.eps());
    hooks.check("weight", rebuilt.getWeight());
    hooks.check("bias", rebuilt.getBias());
    return rebuilt;
  }
}
