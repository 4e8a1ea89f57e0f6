package dev.bitfold.onnx.model;

import dev.bitfold.Calibration;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a search under a budget has found. Immutable.
 *
 * @param budget that was asked for
 * @param calibration the calibration without what stays float, its biases corrected
 * @param floats the paths of the layers and points that stay float
 * @param best what was chosen
 * @param tried all choices whose files were run, in the order of the search
 * @param front choices from the fastest to the most exact, with the error that was measured of each
 * @param correlation the rank correlation of predicted and measured errors of the front
 */
public record OnnxSearch(
    OnnxBudget budget,
    Calibration<OnnxModel> calibration,
    Set<String> floats,
    Tried best,
    List<Tried> tried,
    List<Front> front,
    double correlation) {
  /** Copies the collections. */
  public OnnxSearch {
    floats = Collections.unmodifiableSet(new LinkedHashSet<>(floats));
    tried = List.copyOf(tried);
    front = List.copyOf(front);
  }

  /**
   * A choice whose file was run on the held-out data, in turns with the float file.
   *
   * @param floats how many layers and points stay float
   * @param predictedTime over the float file's
   * @param predictedError the energy of the output's difference over that of the output, measured
   *     with quantizers that are switched, on batches that were calibrated on
   * @param time the median over the float file's
   * @param spread how far the middle half of the ratios of times is apart
   * @param error measured
   * @param cosine measured
   * @param bytes of the file
   */
  public record Tried(
      int floats,
      double predictedTime,
      double predictedError,
      double time,
      double spread,
      double error,
      double cosine,
      long bytes) {
    /** Returns the signal-to-noise ratio of the output in decibels; infinite without an error. */
    public double decibels() {
      return -10 * Math.log10(error);
    }

    /** Returns whether all limits of a budget are met. */
    public boolean meets(OnnxBudget budget) {
      return excess(budget) <= 0;
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
          Locale.ROOT,
          "%d float: time %.2f (predicted %.2f), %.1f dB (predicted %.1f), cosine %.5f, %d bytes",
          floats,
          time,
          predictedTime,
          decibels(),
          -10 * Math.log10(predictedError),
          cosine,
          bytes);
    }
  }

  /**
   * A choice of the front.
   *
   * @param time predicted, over the float file's
   * @param bytes predicted
   * @param predictedError the energy of the output's difference over that of the output, measured
   *     with quantizers that are switched, on batches that were calibrated on
   * @param error measured on the held-out data
   */
  public record Front(double time, long bytes, double predictedError, double error) {
    /** Returns the measured signal-to-noise ratio in decibels; infinite without an error. */
    public double decibels() {
      return -10 * Math.log10(error);
    }

    /** Returns the predicted signal-to-noise ratio in decibels. */
    public double predictedDecibels() {
      return -10 * Math.log10(predictedError);
    }
  }

  /** Returns whether the best choice meets the budget. */
  public boolean met() {
    return best.meets(budget);
  }

  /** Returns the budget and what was reached, in a line. */
  @Override
  public String toString() {
    return budget + (met() ? " is met: " : " is not met; the best is ") + best;
  }
}
