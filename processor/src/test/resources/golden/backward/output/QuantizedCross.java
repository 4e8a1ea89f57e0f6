package com.acme;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.Gradients;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import java.io.IOException;
import java.util.List;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * {@link Cross} in a quantized model.
 *
 * <ul>
 *   <li>{@code weight}, layout IO: int8 per O
 *   <li>{@code x}: int8 per tensor
 *   <li>{@code memory}: int8 per tensor
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
final class QuantizedCross extends Cross implements HookedLayer {
  private static final LayerType<Cross, QuantizedCross> TYPE =
      LayerType.builder(Cross.class, QuantizedCross::new)
          .weight("weight", "IO", QuantDescriptor.builder().bits(8).per("O").build())
          .input("x", "", QuantDescriptor.builder().bits(8).build())
          .input("memory", "", QuantDescriptor.builder().bits(8).build())
          .unpackingWeights()
          .withBackward()
          .build();

  private final ArrayHooks hooks;

  private QuantizedCross(Cross layer, ArrayHooks hooks) {
    super(hooks.tensor("weight", layer.weight));
    hooks.check("weight", super.weight);
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Cross, QuantizedCross> type() {
    return TYPE;
  }

  @Override
  INDArray forward(INDArray x, double gain, INDArray memory) throws IOException {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedCross(this, unpacked).forward(x, gain, memory);
    }
    return hooks.output(super.forward(hooks.input("x", x), gain, hooks.input("memory", memory)));
  }

  @Override
  Gradients backward(INDArray a, double gain, INDArray hooks, INDArray gradOutput) {
    return this.hooks.gradients(
        super.backward(this.hooks.input("x", a), gain, this.hooks.input("memory", hooks), this.hooks.gradOutput(() -> super.forward(this.hooks.input("x", a), gain, this.hooks.input("memory", hooks)), gradOutput)),
        "x",
        ArrayHooks.inputs(List.of("x", "memory"), a, hooks));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
