package dev.bitfold.it.model;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.it.layers.Linear;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A record with a list of layers. */
@QuantizeModel
public record Mlp(Linear fc1, List<Linear> hidden, Linear head) {
  public INDArray forward(INDArray x) {
    INDArray h = Transforms.relu(fc1.forward(x));
    for (Linear layer : hidden) {
      h = Transforms.relu(layer.forward(h));
    }
    return head.forward(h);
  }
}
