package dev.bitfold.it.generic;

import dev.bitfold.annotations.QuantizeModel;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** A model of any blocks, or of blocks of one class. */
@QuantizeModel
record Seq<B extends Block>(List<B> blocks) {
  INDArray forward(INDArray x) {
    INDArray h = x;
    for (B block : blocks) {
      h = block.forward(h);
    }
    return h;
  }
}
