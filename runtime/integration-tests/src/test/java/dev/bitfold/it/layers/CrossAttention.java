package dev.bitfold.it.layers;

import dev.bitfold.annotations.Input;
import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Role;
import dev.bitfold.annotations.Weight;
import java.io.IOException;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.ops.transforms.Transforms;

/**
 * Has two quantized inputs, one of which has its own descriptor, a mask that is not quantized, a
 * number, a checked exception, and an accessor in the style of a bean.
 */
@Quantize(bits = 8)
@Quantize(role = Role.INPUT, bits = 8)
public class CrossAttention {
  @Weight(layout = "OI")
  private final INDArray weight;

  public CrossAttention(INDArray weight) {
    this.weight = weight;
  }

  public INDArray getWeight() {
    return weight;
  }

  public INDArray forward(
      @Input(layout = "NC") INDArray query,
      @Quantize(role = Role.INPUT, bits = 4) @Input(layout = "NC") INDArray memory,
      INDArray mask,
      double temperature)
      throws IOException {
    if (temperature <= 0) {
      throw new IOException("temperature");
    }
    INDArray q = Nd4j.gemm(query, weight, false, true);
    INDArray m = Nd4j.gemm(memory, weight, false, true);
    return q.muli(Transforms.tanh(m.divi(temperature))).muli(mask);
  }
}
