package dev.bitfold.it.several;

import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Weight;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Keeps fewer tensors each time it is rebuilt. */
@Quantize(bits = 4)
class Dropping {
  @Weight(layout = "OI")
  final List<INDArray> tables;

  Dropping(List<INDArray> tables) {
    this.tables = tables.subList(0, tables.size() - 1);
  }
}
