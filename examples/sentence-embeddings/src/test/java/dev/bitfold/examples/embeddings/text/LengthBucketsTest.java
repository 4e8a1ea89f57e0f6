package dev.bitfold.examples.embeddings.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class LengthBucketsTest {
  @Test
  void putsTheLongestFirstAndKeepsTheOrderOfEqualOnes() {
    List<int[]> sentences = List.of(new int[2], new int[5], new int[2], new int[9], new int[5]);
    assertEquals(List.of(List.of(3, 1), List.of(4, 0), List.of(2)), LengthBuckets.of(sentences, 2));
  }

  @Test
  void hasNoBucketForNoSentence() {
    assertEquals(List.of(), LengthBuckets.of(List.of(), 32));
  }
}
