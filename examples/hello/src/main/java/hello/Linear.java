package hello;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.SmoothQuant;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer of your own: its tensors have letters, and each quantized tensor says how. */
@Quantize(bits = 8, per = "O") // weights: int8, one scale per output channel
@Quantize(role = Role.INPUT, bits = 8) // inputs: int8, one calibrated scale
@SmoothQuant // moves outliers of the input into the weight
public class Linear {
  @Weight(layout = "IO")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  /** Takes the weight, [in, out], and the bias, [out]. */
  public Linear(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  public INDArray weight() {
    return weight;
  }

  public INDArray bias() {
    return bias;
  }

  /** Returns [n, out] for [n, in]. */
  public INDArray forward(@Input(layout = "…C") INDArray x) {
    return x.mmul(weight).addiRowVector(bias);
  }
}
