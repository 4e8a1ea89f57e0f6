package com.acme;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.LayerHooks;
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
final class QuantizedOuter_Hidden extends Outer.Hidden {
  private static final LayerType<Outer.Hidden, QuantizedOuter_Hidden> TYPE =
      LayerType.of(Outer.Hidden.class, QuantizedOuter_Hidden::new)
          .weight("weight", "", QuantDescriptor.builder().bits(4).build());

  private QuantizedOuter_Hidden(Outer.Hidden layer, LayerHooks hooks) {
    super(hooks.tensor("weight", layer.weight));
    hooks.check("weight", super.weight);
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Outer.Hidden, QuantizedOuter_Hidden> type() {
    return TYPE;
  }
}
