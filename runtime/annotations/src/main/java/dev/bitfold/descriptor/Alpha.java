package dev.bitfold.descriptor;

import java.util.OptionalDouble;

/**
 * Describes the migration strength alpha of SmoothQuant (Xiao et al., ICML 2023): a number,
 * "searched" or "off". 0 leaves the outliers in the input, 1 moves them into the weights.
 *
 * <p>In a recipe or on a layer, {@link Off} means that SmoothQuant is not wanted. In a curve or a
 * summary, {@link Off} means that no smoothing was best. Immutable.
 */
public sealed interface Alpha {
  /**
   * Returns a fixed alpha.
   *
   * @param value 0 to 1
   * @throws IllegalArgumentException if the value is outside [0, 1] or NaN
   */
  static Alpha of(double value) {
    return new Fixed(value);
  }

  /** Returns an alpha that is searched for each layer by the error of the layer's output. */
  static Alpha searched() {
    return new Searched();
  }

  /** Returns the alpha of what is not smoothed. */
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
   * Holds a number.
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
            "alpha = " + value + ": an alpha is from 0 to 1; leave it out to have it searched");
      }
    }

    /** Returns the number, such as {@code 0.5}. */
    @Override
    public String toString() {
      return Double.toString(value);
    }
  }

  /**
   * Means that alpha is searched for each layer by the error of the layer's output; {@link Off} is
   * a candidate.
   */
  record Searched() implements Alpha {
    @Override
    public String toString() {
      return "searched";
    }
  }

  /** Means that nothing is smoothed. */
  record Off() implements Alpha {
    @Override
    public String toString() {
      return "off";
    }
  }
}
