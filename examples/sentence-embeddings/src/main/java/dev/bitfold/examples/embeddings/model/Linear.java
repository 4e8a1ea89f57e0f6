package dev.bitfold.examples.embeddings.model;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.SmoothQuant;
import dev.bitfold.annotations.Weight;
import java.util.Arrays;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A fully connected layer: {@code y = x · weight + bias}, with the weight as ONNX stores it. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8)
@SmoothQuant
public class Linear {
  @Weight(layout = "IO")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  /**
   * Makes a layer.
   *
   * @param weight [in, out]
   * @param bias [out]
   */
  public Linear(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  /** The weight, [in, out]. */
  public INDArray weight() {
    return weight;
  }

  /** The bias, [out]. */
  public INDArray bias() {
    return bias;
  }

  /**
   * Applies the layer.
   *
   * @param x [..., in], of any rank
   * @return [..., out], a new array
   */
  public INDArray forward(@Input(layout = "…C") INDArray x) {
    long[] shape = Arrays.copyOf(x.shape(), x.rank());
    shape[shape.length - 1] = weight.size(1);
    // Nd4j.matmul, not mmul: up to 2.4 times faster.
    return Nd4j.matmul(x.reshape(-1, weight.size(0)), weight).addiRowVector(bias).reshape(shape);
  }
}
