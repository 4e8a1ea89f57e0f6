package dev.bitfold.calibration;

import java.util.List;

/**
 * How often magnitudes (absolute values) were seen. Immutable.
 *
 * @param width of a bin: bin i counts from {@code i * width} to {@code (i + 1) * width}, exclusive
 * @param counts of each bin
 * @param max the largest magnitude
 * @param nonFinite NaN and infinite values that were left out
 */
public record Histogram(double width, List<Long> counts, float max, long nonFinite) {
  /** Copies the counts. */
  public Histogram {
    counts = List.copyOf(counts);
  }
}
