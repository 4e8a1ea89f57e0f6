package dev.bitfold.smoothquant;

import dev.bitfold.descriptor.Alpha;
import java.util.ArrayList;
import java.util.List;

/**
 * Holds the error of a layer's output for each alpha that was tried.
 *
 * @param alphas the alphas in ascending order, with {@link Alpha.Off} first if it was tried; none
 *     is {@link Alpha.Searched}
 * @param errors the relative error (root of noise over signal) of the layer's output for each
 *     alpha; all 0 if there was nothing to search
 * @param chosen the alpha that is used; another than {@link #best} if the model's output was better
 *     with a cap on all alphas ({@link AlphaCap})
 */
public record AlphaCurve(List<Alpha> alphas, List<Double> errors, Alpha chosen) {
  /** Copies the lists. */
  public AlphaCurve {
    alphas = List.copyOf(alphas);
    errors = List.copyOf(errors);
    if (alphas.isEmpty() || alphas.size() != errors.size()) {
      throw new IllegalArgumentException(
          alphas.size() + " alphas and " + errors.size() + " errors");
    }
    if (alphas.contains(Alpha.searched())) {
      throw new IllegalArgumentException(
          "a curve is over alphas that were tried, and 'searched' is none: " + alphas);
    }
    if (!alphas.contains(chosen)) {
      throw new IllegalArgumentException("alpha " + chosen + " was not tried: " + alphas);
    }
  }

  /** Makes a curve whose best alpha is used. */
  public AlphaCurve(List<Alpha> alphas, List<Double> errors) {
    this(alphas, errors, best(alphas, errors, Alpha.of(1)));
  }

  /** Returns this curve with the best alpha up to a cap. */
  AlphaCurve upTo(Alpha cap) {
    return new AlphaCurve(alphas, errors, best(alphas, errors, cap));
  }

  /**
   * Returns the curve of layers that share one scale: the root of the mean square of their errors,
   * so that each layer counts the same.
   *
   * @param curves curves of the same alphas
   */
  static AlphaCurve joint(List<AlphaCurve> curves) {
    List<Alpha> alphas = curves.get(0).alphas;
    List<Double> errors = new ArrayList<>();
    for (int i = 0; i < alphas.size(); i++) {
      double squares = 0;
      for (AlphaCurve curve : curves) {
        squares += curve.errors.get(i) * curve.errors.get(i);
      }
      errors.add(Math.sqrt(squares / curves.size()));
    }
    return new AlphaCurve(alphas, errors);
  }

  /** Returns the alpha with the smallest error of the layer's output, or the first of several. */
  public Alpha best() {
    return best(alphas, errors, Alpha.of(1));
  }

  /** Returns the best alpha up to a cap; the smallest one of all if each is above the cap. */
  private static Alpha best(List<Alpha> alphas, List<Double> errors, Alpha cap) {
    int best = -1;
    for (int i = 0; i < Math.min(alphas.size(), errors.size()); i++) {
      boolean allowed = i == 0 || strength(alphas.get(i)) <= strength(cap);
      if (allowed && (best < 0 || errors.get(i) < errors.get(best))) {
        best = i;
      }
    }
    return best < 0 ? cap : alphas.get(best);
  }

  private static double strength(Alpha alpha) {
    return alpha.fixed().orElse(-1);
  }
}
