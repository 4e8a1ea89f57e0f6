package com.acme;

import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;

/**
 * Builds {@link Gate} again in a quantized model; only its weights differ, so it needs no wrapper.
 *
 * <ul>
 *   <li>{@code weight}: float
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
final class QuantizedGate {
  private QuantizedGate() {}

  /** The layer as annotated; for generated code of models. */
  public static <T extends Comparable<T>> LayerType<Gate<T>, Gate<T>> type() {
    return LayerType.<Gate<T>, Gate<T>>builder(Gate.class, QuantizedGate::rebuild)
        .weight("weight", "")
        .build();
  }

  private static <T extends Comparable<T>> Gate<T> rebuild(Gate<T> layer, ArrayHooks hooks) {
    Gate<T> rebuilt = new Gate<T>(hooks.tensor("weight", layer.weight()), layer.kind());
    hooks.check("weight", rebuilt.weight());
    return rebuilt;
  }
}
