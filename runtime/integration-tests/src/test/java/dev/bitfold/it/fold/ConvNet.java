package dev.bitfold.it.fold;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SmoothInto;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Convolution, batch norm, ReLU, convolution, ReLU, grouped convolution. */
@QuantizeModel
public record ConvNet(
    Conv first,
    @SmoothInto("second") BatchNorm norm,
    @SmoothInto("third") Conv second,
    Conv third) {

  static ConvNet random() {
    return new ConvNet(
        Conv.random(1, 8, 3), BatchNorm.random(2, 8), Conv.random(3, 12, 8), Conv.random(4, 6, 4));
  }

  /** Images [N, 3, H, W]. */
  public INDArray forward(INDArray x) {
    INDArray h = Transforms.relu(norm.forward(first.forward(x)));
    return third.forward(Transforms.relu(second.forward(h)));
  }
}
