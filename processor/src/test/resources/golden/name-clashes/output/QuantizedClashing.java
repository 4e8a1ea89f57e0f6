package com.acme;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Clashing} in a quantized model.
 *
 * <ul>
 *   <li>{@code hooks}: int8 per tensor
 *   <li>{@code x}: int8 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedClashing extends Clashing implements HookedLayer {
  private static final dev.bitfold.layer.LayerType<Clashing, QuantizedClashing> TYPE =
      dev.bitfold.layer.LayerType.builder(Clashing.class, QuantizedClashing::new)
          .weight("hooks", "", QuantDescriptor.builder().bits(8).build())
          .input("x", "", QuantDescriptor.builder().bits(8).build())
          .unpackingWeights()
          .build();

  private final ArrayHooks hooks;

  private QuantizedClashing(Clashing layer, ArrayHooks hooks) {
    super(hooks.tensor("hooks", layer.hooks), layer.layer);
    hooks.check("hooks", super.hooks);
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static dev.bitfold.layer.LayerType<Clashing, QuantizedClashing> type() {
    return TYPE;
  }

  @Override
  public INDArray forward(INDArray x, Clashing.LayerType layer) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedClashing(this, unpacked).forward(x, layer);
    }
    return hooks.output(super.forward(hooks.input("x", x), layer));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
