package dev.bitfold.it.generic;

import dev.bitfold.annotations.QuantizeModel;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The same sequence without a type variable. */
@QuantizeModel
record Plain(List<Block> blocks) {
  INDArray forward(INDArray x) {
    return new Seq<>(blocks).forward(x);
  }
}
