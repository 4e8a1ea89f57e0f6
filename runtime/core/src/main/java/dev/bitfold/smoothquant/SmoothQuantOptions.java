package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Alpha;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.stream.DoubleStream;

/**
 * Chooses the migration strength alpha of each smoothed layer (Xiao et al., SmoothQuant, 2023).
 * Alpha 0 leaves the outliers in the input, and 1 moves them into the weights. Where alpha is
 * searched, the search ends at the model's output, which chooses a cap on all alphas ({@link
 * AlphaCap}). Immutable.
 */
public final class SmoothQuantOptions {
  private final List<Alpha> candidates;
  private final boolean annotated;
  private final boolean sampled;
  private final boolean capped;

  private SmoothQuantOptions(List<Alpha> candidates, boolean annotated, boolean sampled) {
    this(candidates, annotated, sampled, true);
  }

  private SmoothQuantOptions(
      List<Alpha> candidates, boolean annotated, boolean sampled, boolean capped) {
    this.candidates = Collections.unmodifiableList(candidates);
    this.annotated = annotated;
    this.sampled = sampled;
    this.capped = capped;
  }

  /**
   * Returns options that follow each layer's {@code @SmoothQuant}: its alpha, or a search if the
   * annotation has no alpha.
   */
  public static SmoothQuantOptions annotated() {
    return new SmoothQuantOptions(sweep(), true, true);
  }

  /**
   * Returns options with one alpha for every layer marked {@code @SmoothQuant}, whatever its
   * annotation says.
   *
   * @param alpha 0 to 1
   */
  public static SmoothQuantOptions alpha(double alpha) {
    return new SmoothQuantOptions(List.of(Alpha.of(alpha)), false, false);
  }

  /**
   * Returns options that choose the alpha of each layer marked {@code @SmoothQuant} from 0, 0.05 …
   * 1 by the smallest error of the layer's output. "Off" is also a choice. The search tries steps
   * of 0.2 first, then 0.1 and 0.05 around the best one, on a bounded, evenly spread sample of the
   * calibration batches.
   */
  public static SmoothQuantOptions searchAlpha() {
    return new SmoothQuantOptions(sweep(), false, true);
  }

  /**
   * Returns options that try every alpha of {@link #searchAlpha} on all calibration batches. This
   * is slower, and the curves are whole.
   */
  public static SmoothQuantOptions sweepAlpha() {
    return new SmoothQuantOptions(sweep(), false, false);
  }

  /**
   * Returns options that try each of these alphas on all calibration batches. "Off" is also a
   * choice.
   *
   * @param alphas at least one, each from 0 to 1, in any order
   * @throws IllegalArgumentException if there is no alpha, or if one is not from 0 to 1
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

  /**
   * Returns these options without the {@link AlphaCap}: each layer keeps the alpha with the
   * smallest error of its own output, and the model's output has no say. Alphas that are not
   * searched have no cap in any case.
   */
  public SmoothQuantOptions withoutCap() {
    return new SmoothQuantOptions(candidates, annotated, sampled, false);
  }

  private static List<Alpha> sweep() {
    List<Alpha> candidates = new ArrayList<>(List.of(Alpha.off()));
    for (int i = 0; i <= 20; i++) {
      candidates.add(Alpha.of(i / 20.0));
    }
    return candidates;
  }

  /** Returns whether the search may leave out candidates and data. */
  boolean isSampled() {
    return sampled;
  }

  /** Returns whether the model's output chooses a cap on alphas that are searched. */
  boolean isCapped() {
    return capped;
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
