package dev.bitfold.examples.digits;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.api.ops.DynamicCustomOp;
import org.nd4j.linalg.factory.Nd4j;

/** A convolution over images without padding. */
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
    return run("conv2d", x, weight, bias)[0];
  }

  Gradients backward(INDArray x, INDArray gradOutput) {
    INDArray[] gradients = run("conv2d_bp", x, weight, bias, gradOutput);
    return Gradients.of(gradients[0]).with("weight", gradients[1]).with("bias", gradients[2]);
  }

  private INDArray[] run(String op, INDArray... inputs) {
    // Kernel, stride, padding, dilation; padding is explicit, images are NCHW, weights OIHW.
    return Nd4j.exec(
        DynamicCustomOp.builder(op)
            .addInputs(inputs)
            .addIntegerArguments(
                (int) weight.size(2), (int) weight.size(3), 1, 1, 0, 0, 1, 1, 0, 0, 1)
            .build());
  }
}
