package dev.bitfold.examples.embeddings.model;

import java.util.Arrays;
import java.util.List;

/**
 * Tokenized sentences, one after another. The arrays are not copied.
 *
 * @param ids the tokens of all sentences, without padding
 * @param lengths how many of them belong to each sentence
 */
public record Batch(int[] ids, int[] lengths) {
  /** Joins sentences; each needs at least one token. */
  public static Batch of(List<int[]> sentences) {
    if (sentences.isEmpty() || sentences.stream().anyMatch(tokens -> tokens.length == 0)) {
      throw new IllegalArgumentException("a batch needs sentences, and a sentence needs tokens");
    }
    return new Batch(
        sentences.stream().flatMapToInt(Arrays::stream).toArray(),
        sentences.stream().mapToInt(tokens -> tokens.length).toArray());
  }

  /** How many sentences there are. */
  public int size() {
    return lengths.length;
  }

  /** The place of each token in its sentence, from 0. */
  int[] positions() {
    int[] positions = new int[ids.length];
    int token = 0;
    for (int length : lengths) {
      for (int i = 0; i < length; i++) {
        positions[token++] = i;
      }
    }
    return positions;
  }
}
