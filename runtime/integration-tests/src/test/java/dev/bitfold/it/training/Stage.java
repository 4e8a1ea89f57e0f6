package dev.bitfold.it.training;

import dev.bitfold.layer.Gradients;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A layer with both directions. */
public interface Stage {
  INDArray forward(INDArray x);

  Gradients backward(INDArray x, INDArray gradOutput);

  /** What a layer can do wrong. */
  enum Fault {
    NONE,
    WRONG_SHAPE,
    LEFT_OUT,
    WRONG_NAME,
    NOT_A_NUMBER
  }
}
