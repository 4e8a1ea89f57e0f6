package dev.bitfold.examples.embeddings.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class LayerNormTest {
  @Test
  void normalisesEachRowWithItsOwnMeanAndVariance() {
    INDArray x = Nd4j.createFromArray(new float[][][] {{{1, 2, 3, 6}, {-4, 0, 0, 4}}});
    LayerNorm norm =
        new LayerNorm(
            Nd4j.createFromArray(1f, 2f, 3f, 4f), Nd4j.createFromArray(0f, 0f, 1f, 1f), 0.5f);

    INDArray y = norm.forward(x);

    // Row 0: mean 3, variance 3.5, so the divisor is 2. Row 1: mean 0, variance 8.
    double d = Math.sqrt(8.5);
    assertArrayEquals(new long[] {1, 2, 4}, y.shape());
    assertArrayEquals(
        new float[] {-1, -1, 1, 7, (float) (-4 / d), 0, 1, (float) (16 / d + 1)},
        y.reshape(8).toFloatVector(),
        1e-6f);
    assertEquals(6f, x.getFloat(0, 0, 3));
  }
}
