package com.acme;

import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link ScaledLinear} in a quantized model.
 *
 * <ul>
 *   <li>{@code weight}, layout OI: E2M1 32 along I, E8M0 scales, dynamic
 *   <li>{@code x}, layout NC: float
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedScaledLinear extends ScaledLinear implements HookedLayer {
  private static final LayerType<ScaledLinear, QuantizedScaledLinear> TYPE =
      LayerType.builder(ScaledLinear.class, QuantizedScaledLinear::new)
          .weight("weight", "OI", QuantDescriptor.builder().bits(2, 1).blockSizes(BlockSize.along("I", 32)).dynamic(true).scaleBits(8, 0).build())
          .input("x", "NC")
          .unpackingWeights()
          .build();

  private final ArrayHooks hooks;

  private QuantizedScaledLinear(ScaledLinear layer, ArrayHooks hooks) {
    super(hooks.tensor("weight", layer.weight()), layer.factor);
    hooks.check("weight", super.weight());
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<ScaledLinear, QuantizedScaledLinear> type() {
    return TYPE;
  }

  @Override
  public INDArray forward(INDArray x) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedScaledLinear(this, unpacked).forward(x);
    }
    return hooks.output(super.forward(hooks.input("x", x)));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
