package dev.bitfold.dl4j.lenet;

import dev.bitfold.annotations.Bias;
import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Int8;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.convolution.Convolution;
import org.nd4j.linalg.factory.Nd4j;

/**
 * A convolution of 5 x 5 that moves by one, as Deeplearning4j computes it: the product of patches
 * and kernels.
 */
@Int8
class Conv {
  @Weight(layout = "OIHW")
  private final INDArray weight;

  @Bias(layout = "O")
  private final INDArray bias;

  Conv(INDArray weight, INDArray bias) {
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
    long n = x.size(0);
    long in = x.size(1);
    long height = x.size(2) - 4;
    long width = x.size(3) - 4;
    INDArray patches =
        Nd4j.createUninitialized(DataType.FLOAT, new long[] {n, height, width, in, 5, 5}, 'c');
    Convolution.im2col(x, 5, 5, 1, 1, 0, 0, 1, 1, false, patches.permute(0, 3, 4, 5, 1, 2));
    INDArray matrix = weight.permute(3, 2, 1, 0).reshape('f', 25 * in, weight.size(0));
    INDArray y =
        Nd4j.createUninitialized(
            DataType.FLOAT, new long[] {n * height * width, weight.size(0)}, 'f');
    patches.reshape('c', n * height * width, 25 * in).mmuli(matrix, y).addiRowVector(bias);
    return y.reshape('f', width, height, n, weight.size(0)).permute(2, 3, 1, 0);
  }
}
