package dev.bitfold.onnx.model;

import java.util.Locale;

/**
 * What a quantized file is beside the float file that it was made of, on some data. Immutable.
 *
 * @param time the median, over runs of both in turns, of its time over the float file's
 * @param spread how far the middle half of these ratios is apart
 * @param error the energy of the judged output's difference over that of the output
 * @param cosine of both outputs, over all data
 * @param bytes of the file
 */
public record OnnxFigures(double time, double spread, double error, double cosine, long bytes) {
  /** Returns the signal-to-noise ratio of the output in decibels; infinite without an error. */
  public double decibels() {
    return -10 * Math.log10(error);
  }

  /** Returns whether all limits of a budget are met. */
  public boolean meet(OnnxBudget budget) {
    return excess(budget) <= 0;
  }

  /** As where time does not count. */
  OnnxFigures withoutTime() {
    return new OnnxFigures(0, spread, error, cosine, bytes);
  }

  /** How far the worst limit is exceeded, as a part of it; 0 and less if all are met. */
  double excess(OnnxBudget budget) {
    double byTime = budget.time().isPresent() ? time / budget.time().getAsDouble() - 1 : -1;
    double byBytes =
        budget.bytes().isPresent() ? (double) bytes / budget.bytes().getAsLong() - 1 : -1;
    double byCosine =
        budget.cosine().isPresent() ? (1 - cosine) / (1 - budget.cosine().getAsDouble()) - 1 : -1;
    double bySnr =
        budget.decibels().isPresent()
            ? error / Math.pow(10, -budget.decibels().getAsDouble() / 10) - 1
            : -1;
    return Math.max(Math.max(byTime, byBytes), Math.max(byCosine, bySnr));
  }

  @Override
  public String toString() {
    return String.format(
        Locale.ROOT, "time %.2f, %.1f dB, cosine %.5f, %d bytes", time, decibels(), cosine, bytes);
  }
}
