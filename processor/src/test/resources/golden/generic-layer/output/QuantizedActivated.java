package com.acme;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import java.util.function.UnaryOperator;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Activated} in a quantized model.
 *
 * <ul>
 *   <li>{@code weight}, layout OI: int8 per O
 *   <li>{@code x}, layout NC: int8 per tensor
 *   <li>{@code output}: int8 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
public final class QuantizedActivated<A extends UnaryOperator<INDArray>> extends Activated<A> implements HookedLayer {
  private final ArrayHooks hooks;

  private QuantizedActivated(Activated<A> layer, ArrayHooks hooks) {
    super(hooks.tensor("weight", layer.weight()), layer.activation());
    hooks.check("weight", super.weight());
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static <A extends UnaryOperator<INDArray>> LayerType<Activated<A>, QuantizedActivated<A>> type(
      ) {
    return LayerType.<Activated<A>, QuantizedActivated<A>>builder(Activated.class, QuantizedActivated<A>::new)
        .weight("weight", "OI", QuantDescriptor.builder().bits(8).per("O").build())
        .input("x", "NC", QuantDescriptor.builder().bits(8).build())
        .output(QuantDescriptor.builder().bits(8).build())
        .unpackingWeights()
        .build();
  }

  @Override
  public INDArray forward(INDArray x) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedActivated<A>(this, unpacked).forward(x);
    }
    return hooks.output(super.forward(hooks.input("x", x)));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
