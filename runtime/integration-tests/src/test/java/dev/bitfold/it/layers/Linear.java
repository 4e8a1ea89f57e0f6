package dev.bitfold.it.layers;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.SmoothQuant;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A class with a package-private constructor; a null bias is left out. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@SmoothQuant
public class Linear implements Layer {
  @Weight(layout = "OI")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  Linear(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  /** A layer with random weights. */
  public static Linear random(long seed, int out, int in) {
    return new Linear(
        Arrays.normal(seed, out, in).divi(Math.sqrt(in)), Arrays.normal(seed + 99, out).muli(0.1));
  }

  /** A layer of given tensors. */
  public static Linear of(INDArray weight, INDArray bias) {
    return new Linear(weight, bias);
  }

  /** A layer without a bias. */
  public static Linear unbiased(INDArray weight) {
    return new Linear(weight, null);
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray bias() {
    return bias;
  }

  @Override
  public INDArray forward(@Input(layout = "NC") INDArray x) {
    INDArray y = Nd4j.gemm(x, weight, false, true);
    return bias == null ? y : y.addiRowVector(bias);
  }
}
