package dev.bitfold.examples.embeddings.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import org.junit.jupiter.api.Test;

class PoolingTest {
  // Two sentences of three and one tokens, of two channels.
  private static final float[] TOKENS = {1, 5, 2, 1, 6, 6, 0, -3};
  private static final int[] LENGTHS = {3, 1};

  @Test
  void meanKeepsToEachSentence() {
    float[][] pooled = Pooling.MEAN.pool(TOKENS, LENGTHS, 2);
    assertArrayEquals(new float[] {0.6f, 0.8f}, pooled[0], 1e-7f);
    assertArrayEquals(new float[] {0, -1}, pooled[1], 1e-7f);
  }

  @Test
  void clsTakesTheFirstToken() {
    float[][] pooled = Pooling.CLS.pool(new float[] {3, 4, 7, 7, -4, 3}, new int[] {2, 1}, 2);
    assertArrayEquals(new float[] {0.6f, 0.8f}, pooled[0], 1e-7f);
    assertArrayEquals(new float[] {-0.8f, 0.6f}, pooled[1], 1e-7f);
  }
}
