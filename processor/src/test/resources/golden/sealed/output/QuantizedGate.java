package com.acme;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Stands in for {@link Gate}, which is final, in a quantized model.
 *
 * <ul>
 *   <li>{@code x}: int8 narrow per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
final class QuantizedGate implements Act, HookedLayer {
  private static final LayerType<Gate, QuantizedGate> TYPE =
      LayerType.builder(Gate.class, QuantizedGate::new)
          .input("x", "", QuantDescriptor.builder().bits(8).narrowRange(true).build())
          .build();

  private final Gate layer;

  private final ArrayHooks hooks;

  private QuantizedGate(Gate layer, ArrayHooks hooks) {
    this.layer = new Gate(layer.scale());
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Gate, QuantizedGate> type() {
    return TYPE;
  }

  @Override
  public INDArray forward(INDArray x) {
    return hooks.output(layer.forward(hooks.input("x", x)));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
