package dev.bitfold.it.fold;

import dev.bitfold.it.layers.Arrays;
import dev.bitfold.it.layers.LayerNorm;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Makes norms as in large models: a few channels are far larger than the others. */
final class Norms {
  private Norms() {}

  static LayerNorm withOutliers(int seed, int channels) {
    INDArray gain = Arrays.normal(seed, channels).muli(0.1).addi(1);
    gain.putScalar(3, 30);
    gain.putScalar(7, 12);
    return new LayerNorm(gain, Arrays.normal(seed + 50, channels).muli(0.3));
  }
}
