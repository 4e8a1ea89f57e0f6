package dev.bitfold.it.codes;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.ScaleOf;
import dev.bitfold.annotations.SmoothQuant;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A linear layer that multiplies integers, and scales the sums. */
@Quantize(bits = 8, per = "O", fakeQuant = false)
@Quantize(role = Role.INPUT, bits = 8, fakeQuant = false)
@SmoothQuant
class IntLinear {
  @Weight(layout = "OI")
  private final INDArray weight;

  private final INDArray weightScale;

  @Bias(layout = "O")
  private final INDArray bias;

  IntLinear(INDArray weight, @ScaleOf("weight") INDArray weightScale, INDArray bias) {
    this.weight = weight;
    this.weightScale = weightScale;
    this.bias = bias;
  }

  INDArray weight() {
    return weight;
  }

  INDArray weightScale() {
    return weightScale;
  }

  INDArray bias() {
    return bias;
  }

  INDArray forward(@Input(layout = "NC") INDArray x, @ScaleOf("x") INDArray scale) {
    if (weightScale == null) {
      return Nd4j.gemm(x, weight, false, true).addiRowVector(bias);
    }
    INDArray sums = integerProduct(x.castTo(DataType.INT32), weight.castTo(DataType.INT32));
    INDArray scaled =
        weightScale.length() == 1
            ? sums.muli(weightScale.getFloat(0))
            : sums.muliRowVector(weightScale.reshape(weight.size(0)));
    return scaled.muli(scale.getFloat(0)).addiRowVector(bias);
  }

  /** In training there are values, and no scales. */
  public Gradients backward(INDArray x, INDArray scale, INDArray gradient) {
    return Gradients.of(gradient.mmul(weight))
        .with("weight", gradient.transpose().mmul(x))
        .with("bias", gradient.sum(0));
  }

  /** Returns x w' of integers, each sum as the float next to it. */
  private static INDArray integerProduct(INDArray x, INDArray w) {
    int[][] a = x.toIntMatrix();
    int[][] b = w.toIntMatrix();
    float[][] sums = new float[a.length][b.length];
    for (int i = 0; i < a.length; i++) {
      for (int j = 0; j < b.length; j++) {
        int sum = 0;
        for (int k = 0; k < a[i].length; k++) {
          sum += a[i][k] * b[j][k];
        }
        sums[i][j] = sum;
      }
    }
    return Nd4j.createFromArray(sums);
  }
}
