package dev.bitfold.it.fold;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Weight;
import dev.bitfold.it.layers.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Batch norm with its running statistics, [C] each. These are not marked, because a fold scales the
 * norm's output, not the statistics of its input.
 */
public record BatchNorm(
    @Weight(layout = "C") INDArray gain,
    @Bias(layout = "C") INDArray bias,
    INDArray mean,
    INDArray variance) {

  static BatchNorm random(int seed, int channels) {
    INDArray gain = Arrays.normal(seed, channels).muli(0.2).addi(1);
    gain.putScalar(1, 40);
    return new BatchNorm(
        gain,
        Arrays.normal(seed + 1, channels),
        Arrays.normal(seed + 2, channels),
        Arrays.normal(seed + 3, channels).muli(0.1).addi(1));
  }

  public INDArray forward(INDArray x) {
    long[] shape = {1, gain.length(), 1, 1};
    return x.sub(mean.reshape(shape))
        .divi(Transforms.sqrt(variance.add(1e-5)).reshape(shape))
        .muli(gain.reshape(shape))
        .addi(bias.reshape(shape));
  }
}
