package dev.bitfold.toy;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Gradients;
import dev.bitfold.layer.HookedLayer;
import dev.bitfold.layer.LayerType;
import java.util.List;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Its wrapper, written by hand. */
public final class QuantizedToyDense extends ToyDense implements HookedLayer {
  private final ArrayHooks hooks;

  private QuantizedToyDense(ToyDense layer, ArrayHooks hooks) {
    super(
        Objects.requireNonNull(hooks.tensor("weight", layer.weight())),
        Objects.requireNonNull(hooks.tensor("bias", layer.bias())));
    hooks.check("weight", weight());
    hooks.check("bias", bias());
    this.hooks = hooks;
  }

  public static LayerType<ToyDense, QuantizedToyDense> type() {
    return LayerType.builder(ToyDense.class, QuantizedToyDense::new)
        .weight("weight", "IO", QuantDescriptor.builder().bits(4).per("O").build())
        .bias("bias", "O")
        .input("x", "NC", QuantDescriptor.bits(8))
        .smoothQuant()
        .unpackingWeights()
        .withBackward()
        .build();
  }

  @Override
  public INDArray forward(INDArray x) {
    ArrayHooks unpacked = hooks.unpacked();
    if (unpacked != null) {
      return new QuantizedToyDense(this, unpacked).forward(x);
    }
    return hooks.output(super.forward(input(x)));
  }

  @Override
  public Gradients backward(INDArray x, INDArray gradOutput) {
    return hooks.gradients(
        super.backward(input(x), hooks.gradOutput(() -> super.forward(input(x)), gradOutput)),
        "x",
        ArrayHooks.inputs(List.of("x"), x));
  }

  private INDArray input(INDArray x) {
    return Objects.requireNonNull(hooks.input("x", x));
  }

  @Override
  public ArrayHooks bitfoldHooks() {
    return hooks;
  }
}
