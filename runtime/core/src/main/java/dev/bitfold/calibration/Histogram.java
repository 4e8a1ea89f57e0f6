package dev.bitfold.calibration;

import java.util.List;

/**
 * Holds the counts of magnitudes (absolute values). Immutable.
 *
 * @param width the width of a bin: bin i counts from {@code i * width} to {@code (i + 1) * width},
 *     exclusive
 * @param counts the count of each bin
 * @param max the largest magnitude
 * @param nonFinite the number of NaN and infinite values that were left out
 */
public record Histogram(double width, List<Long> counts, float max, long nonFinite) {
  /** Copies the counts. */
  public Histogram {
    counts = List.copyOf(counts);
  }
}
