package dev.bitfold.it.layers;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** Overrides behaviour without an annotation. */
public class LinearSubclass extends Linear {
  private LinearSubclass(INDArray weight, INDArray bias) {
    super(weight, bias);
  }

  public static LinearSubclass random() {
    return new LinearSubclass(Arrays.normal(1, 16, 16), Arrays.normal(2, 16));
  }

  @Override
  public INDArray forward(INDArray x) {
    return Transforms.relu(super.forward(x));
  }
}
