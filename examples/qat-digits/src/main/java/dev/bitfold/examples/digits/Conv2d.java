package dev.bitfold.examples.digits;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** A convolution over images that moves by one without padding. */
@Quantize(bits = 8, per = "O")
@Quantize(role = Role.INPUT, bits = 8, unsigned = true)
class Conv2d {
  @Weight(layout = "OIHW")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  Conv2d(INDArray weight, INDArray bias) {
    this.weight = weight;
    this.bias = bias;
  }

  INDArray weight() {
    return weight;
  }

  INDArray bias() {
    return bias;
  }

  INDArray forward(@Input(layout = "NCHW") INDArray x) {
    Patches patches = Patches.of(x, weight);
    INDArray y = Nd4j.matmul(matrix(), patches.of(x)).addiColumnVector(bias);
    return y.reshape('c', weight.size(0), x.size(0), patches.outHeight(), patches.outWidth())
        .permute(1, 0, 2, 3)
        .dup('c');
  }

  Gradients backward(INDArray x, INDArray gradOutput) {
    Patches patches = Patches.of(x, weight);
    INDArray g = gradOutput.permute(1, 0, 2, 3).dup('c').reshape('c', weight.size(0), -1);
    INDArray ofWeight = Nd4j.matmul(g, patches.of(x), false, true, false);
    return Gradients.of(patches.sum(Nd4j.matmul(matrix(), g, true, false, false)))
        .with("weight", ofWeight.dup('c').reshape('c', weight.shape()))
        .with("bias", g.sum(1));
  }

  /** [out, in · rows · columns]. */
  private INDArray matrix() {
    return weight.reshape('c', weight.size(0), -1);
  }
}
