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
 */
public record AlphaCurve(List<Alpha> alphas, List<Double> errors) {
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

  /** Returns the alpha with the smallest error, or the first of several. */
  public Alpha best() {
    int best = 0;
    for (int i = 1; i < errors.size(); i++) {
      if (errors.get(i) < errors.get(best)) {
        best = i;
      }
    }
    return alphas.get(best);
  }
}
