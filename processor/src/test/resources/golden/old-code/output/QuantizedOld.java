package com.acme;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import java.util.List;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Old} in a quantized model.
 *
 * <ul>
 *   <li>{@code weight}: int8 per tensor
 *   <li>{@code x}: float
 *   <li>{@code output}: int8 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@SuppressWarnings({
    "deprecation",
    "rawtypes",
    "removal",
    "serial"
})
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedOld extends Old implements HookedLayer {
  private static final LayerType<Old, QuantizedOld> TYPE =
      LayerType.builder(Old.class, QuantizedOld::new)
          .weight("weight", "", QuantDescriptor.builder().bits(8).build())
          .input("x", "")
          .output(QuantDescriptor.builder().bits(8).build())
          .unpackingWeights()
          .build();

  private final ArrayHooks hooks;

  private QuantizedOld(Old layer, ArrayHooks hooks) {
    super(hooks.tensor("weight", layer.weight()), layer.names());
    hooks.check("weight", super.weight());
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Old, QuantizedOld> type() {
    return TYPE;
  }

  @Override
  public INDArray forward(INDArray x, List more) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedOld(this, unpacked).forward(x, more);
    }
    return hooks.output(super.forward(hooks.input("x", x), more));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
