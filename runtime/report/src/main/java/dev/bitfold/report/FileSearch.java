package dev.bitfold.report;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tells which files were found under a budget of time, bytes and error. Immutable.
 *
 * @param budget the limits in words: {@code time<=0.6}
 * @param met whether the chosen file meets them
 * @param chosen the chosen file, measured
 * @param front other choices from the fastest to the most exact; their time is predicted
 * @param rankCorrelation the rank correlation of predicted and measured errors; null if it is not
 *     known
 */
public record FileSearch(
    String budget,
    boolean met,
    Choice chosen,
    List<Choice> front,
    @Nullable Double rankCorrelation) {
  /** Copies the list. */
  public FileSearch {
    front = List.copyOf(front);
  }

  /**
   * Describes a file.
   *
   * @param time of a run, over the float file's
   * @param bytes its size
   * @param predicted the predicted relative error of the model's output; 0.01 is one percent
   * @param measured the measured error
   */
  public record Choice(double time, long bytes, double predicted, double measured) {}
}
