package dev.bitfold.toy;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Its wrapper, written by hand: the core's own tests do without the processor. */
public final class QuantizedToyLinear extends ToyLinear implements HookedLayer {
  private final ArrayHooks hooks;

  private QuantizedToyLinear(ToyLinear layer, ArrayHooks hooks) {
    super(Objects.requireNonNull(hooks.tensor("weight", layer.weight())));
    hooks.check("weight", weight());
    this.hooks = hooks;
  }

  public static LayerType<ToyLinear, QuantizedToyLinear> type() {
    return LayerType.builder(ToyLinear.class, QuantizedToyLinear::new)
        .weight("weight", "IO", QuantDescriptor.builder().per("O").build())
        .input("x", "…C", QuantDescriptor.bits(8))
        .smoothQuant()
        .build();
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
