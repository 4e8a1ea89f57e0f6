package dev.bitfold.examples.embeddings.model;

import java.util.Arrays;
import java.util.List;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Tokenized sentences, padded to the longest of them. The arrays are not copied.
 *
 * @param ids tokens, row by row: size · length
 * @param lengths tokens of each sentence without the padding
 */
public record Batch(int[] ids, int[] lengths) {
  /** What the scores of padding get added: as in the ONNX file, the most negative float. */
  private static final float MASKED = -Float.MAX_VALUE;

  /** Pads sentences to the longest with zeros; each needs at least one token. */
  public static Batch of(List<int[]> sentences) {
    if (sentences.isEmpty() || sentences.stream().anyMatch(tokens -> tokens.length == 0)) {
      throw new IllegalArgumentException("a batch needs sentences, and a sentence needs tokens");
    }
    int length = sentences.stream().mapToInt(tokens -> tokens.length).max().getAsInt();
    int[] ids = new int[sentences.size() * length];
    int[] lengths = new int[sentences.size()];
    for (int i = 0; i < lengths.length; i++) {
      int[] tokens = sentences.get(i);
      lengths[i] = tokens.length;
      System.arraycopy(tokens, 0, ids, i * length, tokens.length);
    }
    return new Batch(ids, lengths);
  }

  /** How many sentences there are. */
  public int size() {
    return lengths.length;
  }

  /** Tokens of each sentence, padding included. */
  public int length() {
    return ids.length / lengths.length;
  }

  /** What {@link Attention} adds to the scores: [n, 1, 1, t]. */
  INDArray mask() {
    int length = length();
    float[] mask = new float[ids.length];
    for (int i = 0; i < lengths.length; i++) {
      Arrays.fill(mask, i * length + lengths[i], (i + 1) * length, MASKED);
    }
    return Nd4j.createFromArray(mask).reshape(size(), 1, 1, length);
  }
}
