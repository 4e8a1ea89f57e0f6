package dev.bitfold.examples.embeddings.model;

import dev.bitfold.annotations.Quantize;
import dev.bitfold.annotations.Weight;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/**
 * Tokens become vectors: the token's, plus its position's, plus that of the first segment,
 * normalised. A table is a weight whose input channels are its rows; its columns keep a scale each.
 *
 * @param words [vocabulary, channels]
 * @param positions [longest sentence, channels]
 * @param segment [channels], the first row of the token type table, or zeros
 * @param norm normalises the sum
 */
@Quantize(bits = 8, per = "O")
public record Embeddings(
    @Weight(layout = "IO") INDArray words,
    @Weight(layout = "IO") INDArray positions,
    INDArray segment,
    LayerNorm norm) {
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
