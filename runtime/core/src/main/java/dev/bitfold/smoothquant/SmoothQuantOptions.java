package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Alpha;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;

/**
 * Which migration strength alpha each smoothed layer gets (Xiao et al., SmoothQuant, 2023): 0
 * leaves the outliers to the input, 1 moves them into the weights. Immutable.
 */
public final class SmoothQuantOptions {
  private final List<Alpha> candidates;
  private final boolean annotated;
  private final boolean sampled;

  private SmoothQuantOptions(List<Alpha> candidates, boolean annotated, boolean sampled) {
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
    return new SmoothQuantOptions(List.of(Alpha.of(alpha)), false, false);
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
   * As {@link #searchAlpha}, but every alpha is tried, on all calibration batches: slower, and the
   * curves are whole.
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
  public static SmoothQuantOptions sweepAlpha(double... alphas) {
    Objects.requireNonNull(alphas, "alphas");
    if (alphas.length == 0) {
      throw new IllegalArgumentException(
          "no alphas to try: name some, or leave them out to try 0 to 1");
    }
    List<Alpha> candidates = new ArrayList<>(List.of(Alpha.off()));
    DoubleStream.of(alphas).sorted().mapToObj(Alpha::of).forEach(candidates::add);
    return new SmoothQuantOptions(candidates, false, false);
  }

  private static List<Alpha> sweep() {
    List<Alpha> candidates = new ArrayList<>(List.of(Alpha.off()));
    for (int i = 0; i <= 20; i++) {
      candidates.add(Alpha.of(i / 20.0));
    }
    return candidates;
  }

  /** Whether not every candidate is tried on all data. */
  boolean isSampled() {
    return sampled;
  }

  /**
   * Returns the candidates for a layer.
   *
   * @param annotation what the layer's {@code @SmoothQuant} says
   */
  List<Alpha> candidates(Alpha annotation) {
    return annotated && !annotation.equals(Alpha.searched()) ? List.of(annotation) : candidates;
  }
}
