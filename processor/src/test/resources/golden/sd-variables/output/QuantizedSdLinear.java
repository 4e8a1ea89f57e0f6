package com.acme;

import dev.bitfold.annotations.Calib;
import dev.bitfold.annotations.Ste;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.GraphHooks;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * {@link SdLinear} in a quantized model.
 *
 * <ul>
 *   <li>{@code weight}, layout IO: int4 per O
 *   <li>{@code bias}, layout O: float
 *   <li>{@code x}, layout ...C: int8 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedSdLinear extends SdLinear implements HookedLayer {
  private static final LayerType<SdLinear, QuantizedSdLinear> TYPE =
      LayerType.graphBuilder(SdLinear.class, QuantizedSdLinear::new)
          .weight("weight", "IO", QuantDescriptor.builder().bits(4).per("O").calib(Calib.MSE).ste(Ste.LSQ).build())
          .bias("bias", "O")
          .input("x", "...C", QuantDescriptor.builder().bits(8).build())
          .build();

  private final GraphHooks hooks;

  private QuantizedSdLinear(SdLinear layer, GraphHooks hooks) {
    super(hooks.tensor("weight", layer.weight()), hooks.tensor("bias", layer.bias()));
    hooks.check("weight", super.weight());
    hooks.check("bias", super.bias());
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<SdLinear, QuantizedSdLinear> type() {
    return TYPE;
  }

  @Override
  public SDVariable forward(SDVariable x) {
    return hooks.output(super.forward(hooks.input("x", x)));
  }

  @Override
  public GraphHooks bitfoldHooks() {
    return hooks;
  }
}
