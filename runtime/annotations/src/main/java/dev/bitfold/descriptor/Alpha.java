package dev.bitfold.descriptor;

import java.util.OptionalDouble;

/**
 * The migration strength alpha of SmoothQuant (Xiao et al., ICML 2023), or what stands in its
 * place. 0 leaves the outliers to the input, 1 moves them into the weights.
 *
 * <p>Where SmoothQuant is asked for (a recipe, a layer), {@link Off} means that it is not. Where it
 * has been run (a curve, a summary), {@link Off} means that not smoothing was best. Immutable.
 */
public sealed interface Alpha {
  /**
   * A number.
   *
   * @param value 0 to 1
   * @throws IllegalArgumentException if the value is outside [0, 1] or NaN
   */
  static Alpha of(double value) {
    return new Fixed(value);
  }

  /** Searched for each layer, on the error of its output. */
  static Alpha searched() {
    return new Searched();
  }

  /** Not smoothed. */
  static Alpha off() {
    return new Off();
  }

  /** Returns whether nothing is smoothed. */
  default boolean isOff() {
    return this instanceof Off;
  }

  /** Returns the number of a {@link Fixed} alpha; empty if it is searched or off. */
  default OptionalDouble fixed() {
    return this instanceof Fixed number ? OptionalDouble.of(number.value) : OptionalDouble.empty();
  }

  /**
   * A number.
   *
   * @param value 0 to 1
   */
  record Fixed(double value) implements Alpha {
    /**
     * Checks the range.
     *
     * @throws IllegalArgumentException if the value is outside [0, 1] or NaN
     */
    public Fixed {
      if (!(value >= 0 && value <= 1)) {
        throw new IllegalArgumentException(
            "alpha = " + value + ": an alpha is from 0 to 1; name none to have it searched");
      }
    }

    /** Returns the number, such as {@code 0.5}. */
    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  /** Searched for each layer, on the error of its output; {@link Off} is a candidate. */
  record Searched() implements Alpha {
    @Override
    public String toString() {
      return "searched";
    }
  }

  /** Not smoothed. */
  record Off() implements Alpha {
    @Override
    public String toString() {
      return "off";
    }
  }
}
