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
   * @param tokens the tokens' vectors, row by row: sentences · padded length · channels
   * @param lengths tokens of each sentence without the padding
   * @param channels the size of a vector
   * @return [sentences][channels]
   */
  public float[][] pool(float[] tokens, int[] lengths, int channels) {
    int stride = tokens.length / lengths.length;
    float[][] pooled = new float[lengths.length][channels];
    for (int i = 0; i < lengths.length; i++) {
      double[] sum = new double[channels];
      pool(tokens, i * stride, lengths[i], sum);
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
