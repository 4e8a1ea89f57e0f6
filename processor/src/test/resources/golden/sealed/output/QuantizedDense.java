package com.acme;

import dev.bitfold.annotations.Fp8;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Dense} in a quantized model.
 *
 * <p>Recipe {@link Fp8}.
 *
 * <ul>
 *   <li>{@code weight}: E4M3 per tensor
 *   <li>{@code x}: E4M3 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedDense extends Dense implements HookedLayer {
  private static final LayerType<Dense, QuantizedDense> TYPE =
      LayerType.builder(Dense.class, QuantizedDense::new)
          .weight("weight", "", QuantDescriptor.builder().bits(4, 3).build())
          .input("x", "", QuantDescriptor.builder().bits(4, 3).build())
          .unpackingWeights()
          .build();

  private final ArrayHooks hooks;

  private QuantizedDense(Dense layer, ArrayHooks hooks) {
    super(hooks.tensor("weight", layer.weight));
    hooks.check("weight", super.weight);
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Dense, QuantizedDense> type() {
    return TYPE;
  }

  @Override
  public INDArray forward(INDArray x) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedDense(this, unpacked).forward(x);
    }
    return hooks.output(super.forward(hooks.input("x", x)));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
