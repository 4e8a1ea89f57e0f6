package dev.bitfold.it.fold;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8SmoothQuant;
import dev.bitfold.annotations.Weight;
import dev.bitfold.it.layers.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

/** A convolution of 3 x 3 without padding; its groups follow from the weight. */
@Int8SmoothQuant
public class Conv {
  @Weight(layout = "OIHW")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  public Conv(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  static Conv random(int seed, int out, int in) {
    return new Conv(
        Arrays.normal(seed, out, in, 3, 3).divi(3 * Math.sqrt(in)),
        Arrays.normal(seed + 5, out).muli(0.1));
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray bias() {
    return bias;
  }

  public INDArray forward(@Input(layout = "NCHW") INDArray x) {
    int groups = (int) (x.size(1) / weight.size(1));
    long out = weight.size(0) / groups;
    long in = weight.size(1);
    INDArray[] parts = new INDArray[groups];
    for (int g = 0; g < groups; g++) {
      INDArray w =
          weight.get(
              NDArrayIndex.interval(g * out, (g + 1) * out),
              NDArrayIndex.all(),
              NDArrayIndex.all(),
              NDArrayIndex.all());
      INDArray part =
          x.get(
              NDArrayIndex.all(),
              NDArrayIndex.interval(g * in, (g + 1) * in),
              NDArrayIndex.all(),
              NDArrayIndex.all());
      parts[g] =
          Nd4j.exec(
              DynamicCustomOp.builder("conv2d")
                  .addInputs(part.dup('c'), w.permute(2, 3, 1, 0).dup('c'))
                  .addIntegerArguments(3, 3, 1, 1, 0, 0, 1, 1, 0, 0)
                  .build())[0];
    }
    return Nd4j.concat(1, parts).add(bias.reshape(1, bias.length(), 1, 1));
  }
}
