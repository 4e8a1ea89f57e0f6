package dev.bitfold.examples.embeddings.model;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Tokens become vectors: the token's, plus its position's, plus that of the first segment,
 * normalised.
 *
 * @param words [vocabulary, channels]
 * @param positions [longest sentence, channels]
 * @param segment [channels], the first row of the token type table, or zeros
 * @param norm normalises the sum
 */
public record Embeddings(INDArray words, INDArray positions, INDArray segment, LayerNorm norm) {
  /** How many different tokens there are. */
  public int vocabulary() {
    return Math.toIntExact(words.size(0));
  }

  /** The longest sentence, in tokens. */
  public int maxLength() {
    return Math.toIntExact(positions.size(0));
  }

  /**
   * Looks up a batch.
   *
   * @return [tokens, channels], a new array
   */
  public INDArray forward(Batch batch) {
    INDArray x = Nd4j.pullRows(words, 1, batch.ids());
    return norm.forward(
        x.addi(Nd4j.pullRows(positions, 1, batch.positions())).addiRowVector(segment));
  }
}
