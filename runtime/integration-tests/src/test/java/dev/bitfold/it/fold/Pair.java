package dev.bitfold.it.fold;

import dev.bitfold.annotations.QuantizeModel;
import dev.bitfold.annotations.SkipQuantize;
import dev.bitfold.annotations.SmoothInto;
import dev.bitfold.it.layers.LayerNorm;
import dev.bitfold.it.layers.Linear;
import java.util.List;
import java.util.function.UnaryOperator;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * A norm, something between, and readers in a list.
 *
 * @param second what the second reader reads in place of the norm's output
 */
@QuantizeModel
public record Pair(
    @SmoothInto("readers.*") LayerNorm norm,
    @SkipQuantize UnaryOperator<INDArray> between,
    @SkipQuantize UnaryOperator<INDArray> second,
    List<Linear> readers) {

  public INDArray forward(INDArray x) {
    INDArray h = between.apply(norm.forward(x));
    INDArray y = readers.get(0).forward(h);
    for (Linear reader : readers.subList(1, readers.size())) {
      y = y.mul(reader.forward(second.apply(h)));
    }
    return y;
  }
}
