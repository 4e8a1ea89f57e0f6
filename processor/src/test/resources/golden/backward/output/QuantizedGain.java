package com.acme;

import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.GeneratedLayer;
import dev.bitfold.layer.Gradients;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import java.util.Map;
import javax.annotation.processing.Generated;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Stands in for {@link Gain}, which is final, in a quantized model.
 *
 * <ul>
 *   <li>{@code scale}, layout C: float
 * </ul>
 */
@Generated("dev.bitfold.processor.BitfoldProcessor")
@GeneratedLayer(version = GeneratedLayer.CURRENT)
final class QuantizedGain implements Stage, HookedLayer {
  private static final LayerType<Gain, QuantizedGain> TYPE =
      LayerType.builder(Gain.class, QuantizedGain::new)
          .weight("scale", "C")
          .unpackingWeights()
          .withBackward()
          .build();

  private final Gain layer;

  private final ArrayHooks hooks;

  private QuantizedGain(Gain layer, ArrayHooks hooks) {
    this.layer = new Gain(hooks.tensor("scale", layer.scale()));
    hooks.check("scale", this.layer.scale());
    this.hooks = hooks;
  }

  /** The layer as annotated; for generated code of models. */
  public static LayerType<Gain, QuantizedGain> type() {
    return TYPE;
  }

  @Override
  public INDArray forward(INDArray x) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedGain(layer, unpacked).forward(x);
    }
    return hooks.output(layer.forward(x));
  }

  @Override
  public Gradients backward(INDArray x, INDArray gradOutput) {
    return hooks.gradients(
        layer.backward(x, hooks.gradOutput(() -> layer.forward(x), gradOutput)),
        "x",
        Map.of());
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
