package dev.bitfold.it.layers;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/** A final float layer. */
public final class LayerNorm {
  @Weight(layout = "C")
  private final INDArray weight;

  @Bias(layout = "C")
  private final INDArray bias;

  public LayerNorm(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray bias() {
    return bias;
  }

  public INDArray forward(INDArray x) {
    return Nd4j.exec(
        DynamicCustomOp.builder("layer_norm")
            .addInputs(x, weight, bias)
            .addIntegerArguments(-1)
            .addBooleanArguments(false)
            .build())[0];
  }
}
