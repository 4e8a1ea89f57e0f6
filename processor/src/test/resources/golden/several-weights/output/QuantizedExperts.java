package com.acme;

import dev.bitfold.annotations.Int8;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Experts} in a quantized model.
 *
 * <p>Recipe {@link Int8}.
 *
 * <ul>
 *   <li>{@code weights[i]}, layout OI: int8 per O
 *   <li>{@code gate}, layout OI: int4 per O
 *   <li>{@code biases[i]}, layout O: float
 *   <li>{@code x}, layout NC: int8 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedExperts extends Experts implements HookedLayer {
  private static final LayerType<Experts, QuantizedExperts> TYPE =
      LayerType.builder(Experts.class, QuantizedExperts::new)
          .weight("weights", "OI", QuantDescriptor.builder().bits(8).per("O").build())
          .weight("gate", "OI", QuantDescriptor.builder().bits(4).per("O").build())
          .bias("biases", "O")
          .several("weights", layer -> layer.getWeights())
          .several("biases", layer -> layer.biases)
          .input("x", "NC", QuantDescriptor.builder().bits(8).build())
          .unpackingWeights()
          .build();

  private final ArrayHooks hooks;

  private QuantizedExperts(Experts layer, ArrayHooks hooks) {
    super(
        hooks.tensors("weights", layer.getWeights()),
        hooks.tensor("gate", layer.gate()),
        hooks.tensors("biases", layer.biases));
    hooks.check("weights", super.getWeights(), layer.getWeights());
    hooks.check("gate", super.gate());
    hooks.check("biases", super.biases, layer.biases);
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Experts, QuantizedExperts> type() {
    return TYPE;
  }

  @Override
  public INDArray forward(INDArray x) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedExperts(this, unpacked).forward(x);
    }
    return hooks.output(super.forward(hooks.input("x", x)));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
