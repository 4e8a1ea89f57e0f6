package dev.bitfold.diagnosis;

/**
 * Tells how far the outputs of a quantized model are from those of the float model. Immutable.
 *
 * <p>A row is one index of the output's first axis, such as one example of a batch. An output of
 * rank 0 or 1 is one row.
 *
 * @param rows how many rows were compared: 1 or more
 * @param relativeError the root of noise over signal, over all values: 0 if nothing is lost,
 *     infinite if the float model's outputs are all zeros and those of the quantized model are not,
 *     NaN if an output holds NaN or infinity
 * @param cosine the mean, over the rows, of the cosine between both outputs: −1 to 1. It is 1 for
 *     two rows of zeros and 0 for one
 * @param worst the row with the largest relative error, or the first of several
 */
public record Comparison(long rows, double relativeError, double cosine, Worst worst) {
  /**
   * Identifies the row with the largest relative error.
   *
   * @param batch the number of its batch, from 0
   * @param row its number in the batch, from 0
   * @param relativeError the relative error of the row alone
   */
  public record Worst(int batch, int row, double relativeError) {}

  /** Returns signal to noise in dB; infinite if nothing is lost. */
  public double decibels() {
    return Figures.decibels(relativeError);
  }

  /** Returns the figures on one line. */
  @Override
  public String toString() {
    String over = rows == 1 ? "1 row" : rows + " rows";
    if (relativeError == 0) {
      return "relative error 0 over " + over;
    }
    return "relative error "
        + Figures.error(relativeError)
        + " ("
        + Figures.withUnit(decibels())
        + "), cosine "
        + Figures.cosine(cosine)
        + " over "
        + over
        + "; worst is row "
        + worst.row()
        + " of batch "
        + worst.batch()
        + " with "
        + Figures.error(worst.relativeError());
  }
}
