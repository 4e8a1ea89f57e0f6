package com.acme;

import dev.bitfold.annotations.Int8;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.GraphHooks;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;
import org.nd4j.autodiff.samediff.SDVariable;

/**
 * Stands in for {@link SdGate}, which is final, in a quantized model.
 *
 * <p>Recipe {@link Int8}.
 *
 * <ul>
 *   <li>{@code weight}, layout IO: int8 per O
 *   <li>{@code x}, layout ...C: int8 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
final class QuantizedSdGate implements SdLayer, HookedLayer {
  private static final LayerType<SdGate, QuantizedSdGate> TYPE =
      LayerType.graphBuilder(SdGate.class, QuantizedSdGate::new)
          .weight("weight", "IO", QuantDescriptor.builder().bits(8).per("O").build())
          .input("x", "...C", QuantDescriptor.builder().bits(8).build())
          .build();

  private final SdGate layer;

  private final GraphHooks hooks;

  private QuantizedSdGate(SdGate layer, GraphHooks hooks) {
    this.layer = new SdGate(hooks.tensor("weight", layer.weight()));
    hooks.check("weight", this.layer.weight());
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<SdGate, QuantizedSdGate> type() {
    return TYPE;
  }

  @Override
  public SDVariable forward(SDVariable x) {
    return hooks.output(layer.forward(hooks.input("x", x)));
  }

  @Override
  public GraphHooks bitfoldHooks() {
    return hooks;
  }
}
