package dev.bitfold.toy;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.LayerHooks;
import dev.bitfold.layer.LayerType;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Its wrapper, written by hand: the core's own tests do without the processor. */
public final class QuantizedToyLinear extends ToyLinear {
  private final LayerHooks hooks;

  private QuantizedToyLinear(ToyLinear layer, LayerHooks hooks) {
    super(Objects.requireNonNull(hooks.tensor("weight", layer.weight())));
    hooks.check("weight", weight());
    this.hooks = hooks;
  }

  public static LayerType<ToyLinear, QuantizedToyLinear> type() {
    return LayerType.of(ToyLinear.class, QuantizedToyLinear::new)
        .weight("weight", "IO", QuantDescriptor.builder().per("O").build())
        .input("x", "…C", QuantDescriptor.bits(8))
        .smoothQuant();
  }

  @Override
  public INDArray forward(INDArray x) {
    return hooks.output(super.forward(hooks.input("x", x)));
  }
}
