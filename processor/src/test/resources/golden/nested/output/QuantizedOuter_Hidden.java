package com.acme;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;

/**
 * {@link Outer.Hidden} in a quantized model.
 *
 * <p>Recipe {@link Outer.W4}.
 *
 * <ul>
 *   <li>{@code weight}: int4 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
final class QuantizedOuter_Hidden extends Outer.Hidden implements HookedLayer {
  private static final LayerType<Outer.Hidden, QuantizedOuter_Hidden> TYPE =
      LayerType.builder(Outer.Hidden.class, QuantizedOuter_Hidden::new)
          .weight("weight", "", QuantDescriptor.builder().bits(4).build())
          .build();

  private final ArrayHooks hooks;

  private QuantizedOuter_Hidden(Outer.Hidden layer, ArrayHooks hooks) {
    super(hooks.tensor("weight", layer.weight));
    hooks.check("weight", super.weight);
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Outer.Hidden, QuantizedOuter_Hidden> type() {
    return TYPE;
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
