package hello;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A model of your own: {@code javac} generates {@code MlpQuantizer} beside it. */
@QuantizeModel
public record Mlp(Linear fc1, Linear fc2) {
  /** Returns [n, 10] for [n, 64]. */
  public INDArray forward(INDArray x) {
    return fc2.forward(Transforms.relu(fc1.forward(x)));
  }
}
