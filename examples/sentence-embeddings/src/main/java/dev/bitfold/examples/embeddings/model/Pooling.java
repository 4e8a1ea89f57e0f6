package dev.bitfold.examples.embeddings.model;

/** How the vectors of a sentence's tokens become the one vector of the sentence. */
public enum Pooling {
  /** The mean over the tokens. */
  MEAN {
    @Override
    void pool(float[] tokens, int from, int length, double[] sum) {
      for (int t = 0; t < length; t++) {
        for (int c = 0; c < sum.length; c++) {
          sum[c] += tokens[from + t * sum.length + c];
        }
      }
    }
  },
  /** The first token's vector. */
  CLS {
    @Override
    void pool(float[] tokens, int from, int length, double[] sum) {
      for (int c = 0; c < sum.length; c++) {
        sum[c] = tokens[from + c];
      }
    }
  };

  /** Adds up what counts, into zeros; the scale does not matter. */
  abstract void pool(float[] tokens, int from, int length, double[] sum);

  /**
   * Pools every sentence and brings its vector to length 1.
   *
   * @param tokens the tokens' vectors, one after another: tokens · channels
   * @param lengths how many tokens belong to each sentence
   * @param channels the size of a vector
   * @return [sentences][channels]
   */
  public float[][] pool(float[] tokens, int[] lengths, int channels) {
    int from = 0;
    float[][] pooled = new float[lengths.length][channels];
    for (int i = 0; i < lengths.length; i++) {
      double[] sum = new double[channels];
      pool(tokens, from, lengths[i], sum);
      from += lengths[i] * channels;
      double squares = 0;
      for (double value : sum) {
        squares += value * value;
      }
      double norm = Math.max(Math.sqrt(squares), 1e-12);
      for (int c = 0; c < channels; c++) {
        pooled[i][c] = (float) (sum[c] / norm);
      }
    }
    return pooled;
  }
}
