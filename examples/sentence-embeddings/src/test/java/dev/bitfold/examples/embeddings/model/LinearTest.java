package dev.bitfold.examples.embeddings.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

class LinearTest {
  private final Linear linear =
      new Linear(
          Nd4j.createFromArray(new float[][] {{1, 2, 3}, {10, 20, 30}}),
          Nd4j.createFromArray(100f, 200f, 300f));

  @Test
  void multipliesTheChannelsOfAnyRank() {
    INDArray x = Nd4j.createFromArray(1f, 0f, 0f, 1f, 1f, 1f, 2f, 0f);
    float[] expected = {101, 202, 303, 110, 220, 330, 111, 222, 333, 102, 204, 306};
    for (long[] shape : new long[][] {{4, 2}, {2, 2, 2}, {1, 2, 2, 2}}) {
      INDArray y = linear.forward(x.reshape(shape));
      shape[shape.length - 1] = 3;
      assertArrayEquals(shape, y.shape());
      assertArrayEquals(expected, y.reshape(12).toFloatVector());
    }
  }

  @Test
  void takesAVector() {
    assertArrayEquals(
        new float[] {111, 222, 333}, linear.forward(Nd4j.createFromArray(1f, 1f)).toFloatVector());
  }

  @Test
  void takesATransposedView() {
    INDArray x = Nd4j.createFromArray(new float[][] {{1, 0, 1}, {0, 1, 1}}).transpose();
    assertArrayEquals(
        new float[] {101, 202, 303, 110, 220, 330, 111, 222, 333},
        linear.forward(x).reshape(9).toFloatVector());
  }
}
