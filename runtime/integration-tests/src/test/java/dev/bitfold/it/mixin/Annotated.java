package dev.bitfold.it.mixin;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Implementations;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.annotations.Weight;
import dev.bitfold.it.mixin.vendor.Layer;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/** The vendor's classes as they would be if they were annotated. */
final class Annotated {
  private Annotated() {}

  static final class Gain {
    @Weight(layout = "C")
    private final INDArray gain;

    Gain(INDArray gain) {
      this.gain = gain;
    }

    INDArray gain() {
      return gain;
    }

    INDArray forward(INDArray x) {
      return x.mul(gain);
    }
  }

  @Int8SmoothQuant
  static class Linear {
    @Weight(layout = "OI")
    private final INDArray weight;

    @Bias(layout = "O")
    final INDArray bias;

    Linear(INDArray weight, INDArray bias) {
      this.weight = weight;
      this.bias = bias;
    }

    INDArray getWeight() {
      return weight;
    }

    INDArray forward(@Input(layout = "NC") INDArray x) {
      return Nd4j.gemm(x, weight, false, true).addiRowVector(bias);
    }
  }

  @Int8
  record Head(@Weight(layout = "IO") INDArray weight) implements Layer {
    @Override
    public INDArray forward(@Input(layout = "NC") INDArray x) {
      return x.mmul(weight);
    }
  }

  @QuantizeModel
  record Mlp(
      @SmoothInto("hidden.0") Gain gain,
      List<Linear> hidden,
      @Implementations(Head.class) Layer head) {
    INDArray forward(INDArray x) {
      INDArray h = gain.forward(x);
      for (Linear layer : hidden) {
        h = Transforms.relu(layer.forward(h));
      }
      return head.forward(h);
    }
  }

  @QuantizeModel
  record Net(Linear stem, Mlp mlp) {
    INDArray forward(INDArray x) {
      return mlp.forward(stem.forward(x));
    }
  }
}
