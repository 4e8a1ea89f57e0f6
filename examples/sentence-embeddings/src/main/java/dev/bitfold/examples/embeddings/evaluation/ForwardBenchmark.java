package dev.bitfold.examples.embeddings.evaluation;

import dev.bitfold.examples.embeddings.model.Batch;
import dev.bitfold.examples.embeddings.model.MiniLm;
import java.util.Arrays;
import java.util.Locale;

/**
 * Times one batch through two models in turns, so that whatever else the machine does meets both.
 *
 * @param baseline the model to compare with
 * @param candidate the model to judge
 */
public record ForwardBenchmark(MiniLm baseline, MiniLm candidate) {
  /**
   * Medians in milliseconds.
   *
   * @param baseline of the first model
   * @param candidate of the second
   */
  public record Times(double baseline, double candidate) {
    /** The second model's time over the first's: above 1 is slower. */
    public double ratio() {
      return candidate / baseline;
    }

    /** One line of text. */
    public String summary(String baselineName, String candidateName) {
      return String.format(
          Locale.ROOT,
          "%s %.1f ms, %s %.1f ms, ratio %.3f (medians)",
          baselineName,
          baseline,
          candidateName,
          candidate,
          ratio());
    }
  }

  /** Runs both models, in turns, first without and then with the clock. */
  public Times run(Batch batch, int warmUp, int rounds) {
    double[] first = new double[rounds];
    double[] second = new double[rounds];
    for (int i = -warmUp; i < rounds; i++) {
      // Who goes first alternates too.
      boolean swap = (i & 1) != 0;
      double a = swap ? 0 : milliseconds(baseline, batch);
      double b = milliseconds(candidate, batch);
      if (swap) {
        a = milliseconds(baseline, batch);
      }
      if (i >= 0) {
        first[i] = a;
        second[i] = b;
      }
    }
    return new Times(median(first), median(second));
  }

  private static double milliseconds(MiniLm model, Batch batch) {
    long start = System.nanoTime();
    model.forward(batch);
    return (System.nanoTime() - start) / 1e6;
  }

  private static double median(double[] times) {
    double[] sorted = times.clone();
    Arrays.sort(sorted);
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }
}
