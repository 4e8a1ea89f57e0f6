package com.acme;

import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Linear} in a quantized model.
 *
 * <p>Recipe {@link Int8SmoothQuant}.
 *
 * <ul>
 *   <li>{@code weight}, layout IO: int8 per O
 *   <li>{@code x}, layout ...C: int8 per tensor
 *   <li>SmoothQuant: alpha searched
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
final class QuantizedLinear extends Linear implements HookedLayer {
  private static final LayerType<Linear, QuantizedLinear> TYPE =
      LayerType.builder(Linear.class, QuantizedLinear::new)
          .weight("weight", "IO", QuantDescriptor.builder().bits(8).per("O").build())
          .input("x", "...C", QuantDescriptor.builder().bits(8).build())
          .smoothQuant()
          .unpackingWeights()
          .build();

  private final ArrayHooks hooks;

  private QuantizedLinear(Linear layer, ArrayHooks hooks) {
    super(hooks.tensor("weight", layer.weight));
    hooks.check("weight", super.weight);
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Linear, QuantizedLinear> type() {
    return TYPE;
  }

  @Override
  INDArray forward(INDArray x) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedLinear(this, unpacked).forward(x);
    }
    return hooks.output(super.forward(hooks.input("x", x)));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
