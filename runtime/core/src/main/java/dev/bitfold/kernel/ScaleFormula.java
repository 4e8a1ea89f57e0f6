package dev.bitfold.kernel;

import dev.bitfold.annotations.ScaleRule;

/**
 * Describes what an {@link AmaxScaling} computes, for kernels that compute it on another device. An
 * amax is first multiplied by {@code factor}, except for {@link Kind#E4M3}. A finite amax that
 * becomes infinite is replaced by the largest float. The arithmetic is float32, and double in
 * E4M3's reciprocal rule, with one rounding per operation.
 *
 * @param kind the kind of scales
 * @param rule the rule of powers of two and of E4M3
 * @param max the largest number of the elements' format
 * @param factor the factor of the amax; 1 for none
 * @param maxExponent for powers of two, the exponent of {@code max}; 0 for integers
 * @param fractionBits for powers of two, the number of bits behind the point of integers
 * @param global for E4M3, the amax of the whole tensor, times the factor
 */
public record ScaleFormula(
    Kind kind,
    ScaleRule rule,
    float max,
    float factor,
    int maxExponent,
    int fractionBits,
    float global) {
  /** Names how a pair of forward and backward scale follows from an amax. */
  public enum Kind {
    /** Both are {@code max / amax}; 0 and 1 up to 2^-24. */
    INTEGERS,
    /** Both are {@code 1 / amax * max}; 0 and 1 up to 2^-24. */
    INTEGERS_BY_RECIPROCAL,
    /** {@code 1 / amax * max} and its reciprocal; an amax up to 2^-24 counts as 1. */
    FLOATS,
    /** Both are {@code 1 / amax * max}; 0 and 1 if that is infinite. */
    FLOATS_DIVIDED,
    /** Both are the amax; forward is 1 for an amax of 0. */
    TABLE,
    /** E8M0. */
    POWERS_OF_TWO,
    /** E4M3 under a float32 global scale. */
    E4M3
  }

  /** Returns a formula of float32 scales. */
  public static ScaleFormula of(Kind kind, float max, float factor) {
    return new ScaleFormula(kind, ScaleRule.FLOOR, max, factor, 0, 0, 0);
  }
}
