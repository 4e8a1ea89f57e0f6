package dev.bitfold;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * Which migration strength alpha each smoothed layer gets (Xiao et al., SmoothQuant, 2023): 0
 * leaves the outliers to the input, 1 moves them into the weights. Immutable.
 */
public final class SmoothQuantOptions {
  /** The alpha that stands for "not smoothed". */
  public static final double OFF = Double.NaN;

  private final List<Double> candidates;
  private final boolean annotated;

  private SmoothQuantOptions(List<Double> candidates, boolean annotated) {
    this.candidates = Collections.unmodifiableList(candidates);
    this.annotated = annotated;
  }

  /** What each layer's {@code @SmoothQuant} says: its alpha, or a search where it names none. */
  public static SmoothQuantOptions annotated() {
    return new SmoothQuantOptions(sweep(), true);
  }

  /**
   * One alpha for every layer marked {@code @SmoothQuant}, whatever its annotation says.
   *
   * @param alpha 0 to 1
   */
  public static SmoothQuantOptions alpha(double alpha) {
    return new SmoothQuantOptions(List.of(valid(alpha)), false);
  }

  /**
   * For each layer marked {@code @SmoothQuant} the alpha of 0, 0.05 … 1 with the smallest error of
   * its output on the calibration data; "off" is a choice.
   */
  public static SmoothQuantOptions searchAlpha() {
    return new SmoothQuantOptions(sweep(), false);
  }

  /** A search among these alphas, 0 to 1; "off" is a choice. */
  public static SmoothQuantOptions searchAlpha(double... alphas) {
    List<Double> candidates = new ArrayList<>(List.of(OFF));
    for (double alpha : alphas) {
      candidates.add(valid(alpha));
    }
    return new SmoothQuantOptions(candidates, false);
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

  /** The candidates for a layer; the annotation's alpha, NaN if it names none. */
  List<Double> candidates(double annotation) {
    return annotated && !Double.isNaN(annotation) ? List.of(valid(annotation)) : candidates;
  }
}
