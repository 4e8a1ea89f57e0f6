package dev.bitfold.examples.embeddings.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.nd4j.linalg.api.buffer.DataType;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

class PaddingTest {
  private final Padding padding = new Padding(new int[] {2, 3, 1});
  private final INDArray tokens =
      Nd4j.createFromArray(new float[][] {{1, 2}, {3, 4}, {5, 6}, {7, 8}, {9, 10}, {11, 12}});

  @Test
  void padsTheShorterSentencesWithZeros() {
    INDArray padded = padding.pad(tokens);
    assertArrayEquals(new long[] {3, 3, 2}, padded.shape());
    assertArrayEquals(
        new float[] {1, 2, 3, 4, 0, 0, 5, 6, 7, 8, 9, 10, 11, 12, 0, 0, 0, 0},
        padded.reshape(18).toFloatVector());
    assertEquals(tokens, padding.unpad(padded));
  }

  @Test
  void takesViews() {
    INDArray turned = tokens.transpose().dup('c').transpose();
    assertEquals(padding.pad(tokens), padding.pad(turned));
    INDArray part =
        Nd4j.vstack(Nd4j.zeros(DataType.FLOAT, 1, 2), tokens)
            .get(NDArrayIndex.interval(1, 7), NDArrayIndex.all());
    assertEquals(padding.pad(tokens), padding.pad(part));
  }

  @Test
  void masksWhatIsNoToken() {
    float low = -Float.MAX_VALUE;
    assertArrayEquals(new long[] {3, 1, 1, 3}, padding.mask().shape());
    assertArrayEquals(
        new float[] {0, 0, low, 0, 0, 0, 0, low, low}, padding.mask().reshape(9).toFloatVector());
  }
}
