package dev.bitfold.cuda.layers;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.layers.LayerNorm;
import dev.bitfold.layers.Linear;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A norm, a hidden layer with tanh, and another layer. */
@QuantizeModel
record Mlp(LayerNorm norm, Linear fc1, Linear fc2) {
  INDArray forward(INDArray x) {
    return fc2.forward(Transforms.tanh(fc1.forward(norm.forward(x))));
  }
}
