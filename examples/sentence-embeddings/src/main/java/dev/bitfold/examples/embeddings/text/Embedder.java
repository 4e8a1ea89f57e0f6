package dev.bitfold.examples.embeddings.text;

import java.util.List;
import java.util.function.IntConsumer;

/** Anything that turns sentences into vectors of length 1. */
@FunctionalInterface
public interface Embedder {
  /**
   * Embeds sentences.
   *
   * @param sentences any number
   * @param progress is told how many more sentences are done
   * @return [sentences][channels]
   */
  float[][] embed(List<String> sentences, IntConsumer progress);
}
