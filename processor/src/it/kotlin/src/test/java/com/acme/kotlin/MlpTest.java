package com.acme.kotlin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.bitfold.Quantized;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** The generated code of this build, run: an 8-bit model, near the float one and not the same. */
class MlpTest {
  private static final int C = 16;

  @Test
  void quantizes() {
    Mlp model = new Mlp(List.of(linear(1), linear(2)), linear(3));
    List<INDArray> batches = List.of(random(7, 64), random(8, 64));
    Quantized<Mlp> quantized =
        MlpQuantizer.of(model).calibrate(batches, Mlp::forward).smoothQuant().freeze();
    INDArray x = random(9, 64);
    INDArray expected = model.forward(x);
    double error = quantized.model().forward(x).sub(expected).norm2Number().doubleValue();
    double relative = error / expected.norm2Number().doubleValue();
    assertTrue(relative > 1e-5, "nothing is quantized: " + relative);
    assertTrue(relative < 0.05, "relative error " + relative);
    assertEquals(
        List.of("QuantizedLinear", "QuantizedLinear", "QuantizedLinear"),
        classes(quantized.model()));
  }

  private static List<String> classes(Mlp model) {
    return Stream.concat(model.getHidden().stream(), Stream.of(model.getHead()))
        .map(layer -> layer.getClass().getSimpleName())
        .toList();
  }

  private static Linear linear(int seed) {
    return new Linear(random(seed, C), random(seed + 100, 1).reshape(C));
  }

  private static INDArray random(int seed, int rows) {
    Random random = new Random(seed);
    float[] values = new float[rows * C];
    for (int i = 0; i < values.length; i++) {
      values[i] = random.nextFloat() - 0.5f;
    }
    return Nd4j.createFromArray(values).reshape(rows, C);
  }
}
