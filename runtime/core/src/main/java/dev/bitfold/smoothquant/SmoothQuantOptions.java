package dev.bitfold.smoothquant;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;

/**
 * Which migration strength alpha each smoothed layer gets (Xiao et al., SmoothQuant, 2023): 0
 * leaves the outliers to the input, 1 moves them into the weights. Immutable.
 */
public final class SmoothQuantOptions {
  /** The alpha that stands for "not smoothed". */
  public static final double OFF = Double.NaN;

  private final List<Double> candidates;
  private final boolean annotated;
  private final boolean sampled;

  private SmoothQuantOptions(List<Double> candidates, boolean annotated, boolean sampled) {
    this.candidates = Collections.unmodifiableList(candidates);
    this.annotated = annotated;
    this.sampled = sampled;
  }

  /** What each layer's {@code @SmoothQuant} says: its alpha, or a search where it names none. */
  public static SmoothQuantOptions annotated() {
    return new SmoothQuantOptions(sweep(), true, true);
  }

  /**
   * One alpha for every layer marked {@code @SmoothQuant}, whatever its annotation says.
   *
   * @param alpha 0 to 1
   */
  public static SmoothQuantOptions alpha(double alpha) {
    return new SmoothQuantOptions(List.of(valid(alpha)), false, false);
  }

  /**
   * For each layer marked {@code @SmoothQuant} the alpha of 0, 0.05 … 1 with the smallest error of
   * its output; "off" is a choice. Steps of 0.2 first, then 0.1 and 0.05 around the best; on a
   * bounded sample of the calibration batches, evenly spread.
   */
  public static SmoothQuantOptions searchAlpha() {
    return new SmoothQuantOptions(sweep(), false, true);
  }

  /**
   * As {@link #searchAlpha()}, but every alpha is tried, on all calibration batches: slower, and
   * the curves are whole.
   */
  public static SmoothQuantOptions sweepAlpha() {
    return new SmoothQuantOptions(sweep(), false, false);
  }

  /**
   * As {@link #sweepAlpha()} among these alphas; "off" is a choice.
   *
   * @param alphas at least one, 0 to 1, in any order
   * @throws IllegalArgumentException if there is none, or one is not from 0 to 1
   */
  public static SmoothQuantOptions searchAlpha(double... alphas) {
    Objects.requireNonNull(alphas, "alphas");
    if (alphas.length == 0) {
      throw new IllegalArgumentException(
          "no alphas to search among: name some, or leave them out to search from 0 to 1");
    }
    List<Double> candidates = new ArrayList<>(List.of(OFF));
    for (double alpha : alphas) {
      candidates.add(valid(alpha));
    }
    Collections.sort(candidates.subList(1, candidates.size()));
    return new SmoothQuantOptions(candidates, false, false);
  }

  private static List<Double> sweep() {
    List<Double> candidates = new ArrayList<>(List.of(OFF));
    for (int i = 0; i <= 20; i++) {
      candidates.add(i / 20.0);
    }
    return candidates;
  }

  static double valid(double alpha) {
    if (!(alpha >= 0 && alpha <= 1)) {
      throw new IllegalArgumentException("alpha = " + alpha + ": an alpha is from 0 to 1");
    }
    return alpha;
  }

  /** Whether not every candidate is tried on all data. */
  boolean isSampled() {
    return sampled;
  }

  /** The candidates for a layer; the annotation's alpha, NaN if it names none. */
  List<Double> candidates(double annotation) {
    return annotated && !Double.isNaN(annotation) ? List.of(valid(annotation)) : candidates;
  }
}
