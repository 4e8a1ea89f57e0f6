package dev.bitfold.benchmarks;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.layer.ArrayHooks;
import dev.bitfold.layer.Gradients;
import dev.bitfold.layer.LayerType;
import java.util.List;
import java.util.Objects;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Computes a Linear layer [out, in] in both directions, with the wrapper that the processor would
 * write.
 */
class TrainedLinear {
  private final INDArray weight;

  TrainedLinear(INDArray weight) {
    this.weight = weight;
  }

  INDArray forward(INDArray x) {
    return Nd4j.matmul(x, weight, false, true, false);
  }

  Gradients backward(INDArray x, INDArray gradOutput) {
    return Gradients.of(Nd4j.matmul(gradOutput, weight))
        .with("weight", Nd4j.matmul(gradOutput, x, true, false, false));
  }

  /** Returns the layer with these quantizers. */
  static LayerType<TrainedLinear, Hooked> type(QuantDescriptor weight, QuantDescriptor input) {
    return LayerType.builder(TrainedLinear.class, Hooked::new)
        .weight("weight", "OI", weight)
        .input("x", "NC", input)
        .withBackward()
        .build();
  }

  /** Computes the layer with hooks. */
  static final class Hooked extends TrainedLinear {
    private final ArrayHooks hooks;

    private Hooked(TrainedLinear layer, ArrayHooks hooks) {
      super(Objects.requireNonNull(hooks.tensor("weight", layer.weight)));
      this.hooks = hooks;
    }

    @Override
    INDArray forward(INDArray x) {
      return hooks.output(super.forward(input(x)));
    }

    @Override
    Gradients backward(INDArray x, INDArray gradOutput) {
      return hooks.gradients(
          super.backward(input(x), hooks.gradOutput(() -> super.forward(input(x)), gradOutput)),
          "x",
          ArrayHooks.inputs(List.of("x"), x));
    }

    private INDArray input(INDArray x) {
      return Objects.requireNonNull(hooks.input("x", x));
    }
  }
}
