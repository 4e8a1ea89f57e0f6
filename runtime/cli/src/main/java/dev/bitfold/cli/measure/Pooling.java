package dev.bitfold.cli.measure;

/** How the vectors of tokens become one vector of a text. */
public enum Pooling {
  /** They do not: all vectors of a text are compared. */
  NONE,
  /** Their mean. */
  MEAN,
  /** The vector of the first token. */
  CLS;

  /** Returns an output as it is compared: [texts, channels] of length 1, if this pools. */
  Output of(Output output, Mask mask) {
    if (this == NONE || output.whole() || output.shape().length != 3 || !output.isOfTokens(mask)) {
      return output;
    }
    int channels = (int) output.shape()[2];
    double[] pooled = new double[mask.rows() * channels];
    for (int row = 0; row < mask.rows(); row++) {
      int used = this == CLS ? 1 : mask.columns();
      for (int column = 0; column < used; column++) {
        if (this == CLS || mask.keeps(row, column)) {
          int from = (row * mask.columns() + column) * channels;
          for (int c = 0; c < channels; c++) {
            pooled[row * channels + c] += output.values()[from + c];
          }
        }
      }
      normalize(pooled, row * channels, channels);
    }
    return new Output(new long[] {mask.rows(), channels}, pooled, false, false);
  }

  private static void normalize(double[] values, int from, int count) {
    double squares = 0;
    for (int i = from; i < from + count; i++) {
      squares += values[i] * values[i];
    }
    double length = Math.sqrt(squares);
    for (int i = from; i < from + count && length > 0; i++) {
      values[i] /= length;
    }
  }
}
