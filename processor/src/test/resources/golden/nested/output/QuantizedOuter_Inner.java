package com.acme;

import dev.bitfold.annotations.Int8Dynamic;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Outer.Inner} in a quantized model.
 *
 * <p>Recipe {@link Int8Dynamic}.
 *
 * <ul>
 *   <li>{@code weight}, layout OI: int8 per O
 *   <li>{@code x}, layout ...C: int8 per token, dynamic
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedOuter_Inner extends Outer.Inner implements HookedLayer {
  private static final LayerType<Outer.Inner, QuantizedOuter_Inner> TYPE =
      LayerType.builder(Outer.Inner.class, QuantizedOuter_Inner::new)
          .weight("weight", "OI", QuantDescriptor.builder().bits(8).per("O").build())
          .input("x", "...C", QuantDescriptor.builder().bits(8).per("NT").dynamic(true).build())
          .unpackingWeights()
          .build();

  private final ArrayHooks hooks;

  private QuantizedOuter_Inner(Outer.Inner layer, ArrayHooks hooks) {
    super(hooks.tensor("weight", layer.weight));
    hooks.check("weight", super.weight);
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Outer.Inner, QuantizedOuter_Inner> type() {
    return TYPE;
  }

  @Override
  public INDArray forward(INDArray x) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedOuter_Inner(this, unpacked).forward(x);
    }
    return hooks.output(super.forward(hooks.input("x", x)));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
