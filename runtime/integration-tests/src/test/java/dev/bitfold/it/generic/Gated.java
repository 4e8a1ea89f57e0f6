package dev.bitfold.it.generic;

import dev.bitfold.annotations.QuantizeModel;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.ops.transforms.Transforms;

/** A model, which is rebuilt as itself. */
@QuantizeModel
record Gated(Dense gate, Dense value) implements Block {
  @Override
  public INDArray forward(INDArray x) {
    return Transforms.sigmoid(gate.forward(x)).muli(value.forward(x));
  }
}
