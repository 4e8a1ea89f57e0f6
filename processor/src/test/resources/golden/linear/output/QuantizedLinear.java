package com.acme;

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
 * <ul>
 *   <li>{@code weight}, layout OI: int8 per O
 *   <li>{@code bias}, layout O: float
 *   <li>{@code x}, layout ...C: int8 per tensor
 *   <li>SmoothQuant: alpha searched
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedLinear extends Linear implements HookedLayer {
  private static final LayerType<Linear, QuantizedLinear> TYPE =
      LayerType.builder(Linear.class, QuantizedLinear::new)
          .weight("weight", "OI", QuantDescriptor.builder().bits(8).per("O").build())
          .bias("bias", "O")
          .input("x", "...C", QuantDescriptor.builder().bits(8).build())
          .smoothQuant()
          .unpackingWeights()
          .build();

  private final ArrayHooks hooks;

  private QuantizedLinear(Linear layer, ArrayHooks hooks) {
    super(hooks.tensor("weight", layer.weight()), hooks.tensor("bias", layer.bias()));
    hooks.check("weight", super.weight());
    hooks.check("bias", super.bias());
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Linear, QuantizedLinear> type() {
    return TYPE;
  }

  @Override
  public INDArray forward(INDArray x) {
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
