package dev.bitfold.examples.embeddings.model;

import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;
import org.nd4j.linalg.indexing.NDArrayIndex;

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
   * @return [n, t, channels], a new array
   */
  public INDArray forward(Batch batch) {
    int size = batch.size();
    int length = batch.length();
    INDArray place =
        positions.get(NDArrayIndex.interval(0, length), NDArrayIndex.all()).addRowVector(segment);
    INDArray x = Nd4j.pullRows(words, 1, batch.ids());
    return norm.forward(
        x.reshape(size, length, x.size(1)).addi(place.reshape(1, length, x.size(1))));
  }
}
