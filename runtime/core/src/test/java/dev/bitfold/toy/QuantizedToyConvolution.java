package dev.bitfold.toy;

import dev.bitfold.Plan;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Component;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Its wrapper, written by hand. */
public final class QuantizedToyConvolution extends ToyConvolution implements HookedLayer {
  private final ArrayHooks hooks;

  private QuantizedToyConvolution(ToyConvolution layer, ArrayHooks hooks) {
    super(
        Objects.requireNonNull(hooks.tensor("weight", layer.weight())),
        Objects.requireNonNull(hooks.tensor("bias", layer.bias())),
        layer.movement());
    hooks.check("weight", weight());
    hooks.check("bias", bias());
    this.hooks = hooks;
  }

  /** A plan for the layer alone, whose input is float. */
  public static Plan<ToyConvolution> plan(ToyConvolution layer, QuantDescriptor weight) {
    String spatial = "DHW".substring(5 - layer.weight().rank());
    LayerType<ToyConvolution, QuantizedToyConvolution> type =
        LayerType.builder(ToyConvolution.class, QuantizedToyConvolution::new)
            .weight("weight", (layer.movement().transposed() ? "IO" : "OI") + spatial, weight)
            .bias("bias", "O")
            .input("x", layer.movement().channelsLast() ? "N" + spatial + "C" : "NC" + spatial)
            .build();
    return Plan.of(layer, Component.layer(type));
  }

  @Override
  public INDArray forward(INDArray x) {
    return hooks.output(super.forward(hooks.input("x", x)));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
