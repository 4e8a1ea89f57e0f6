package dev.bitfold.kernel;

import dev.bitfold.annotations.ScaleRule;

/**
 * What an {@link AmaxScaling} computes, for kernels that do it where the tensor lies. An amax is
 * multiplied by {@code factor} first, but for {@link Kind#E4M3}; where a finite amax becomes
 * infinite, the largest float takes its place. Float32 and, where E4M3's reciprocal rule says so,
 * double; one rounding per operation.
 *
 * @param kind which scales
 * @param rule of powers of two and E4M3
 * @param max the largest number of the elements' format
 * @param factor 1 for none
 * @param maxExponent of powers of two: the exponent of {@code max}, 0 of integers
 * @param fractionBits of powers of two: bits behind the point of integers
 * @param global of E4M3: the amax of the whole tensor, times the factor
 */
public record ScaleFormula(
    Kind kind,
    ScaleRule rule,
    float max,
    float factor,
    int maxExponent,
    int fractionBits,
    float global) {
  /** How a pair of forward and backward scale follows. */
  public enum Kind {
    /** {@code max / amax} both; 0 and 1 up to 2^-24. */
    INTEGERS,
    /** {@code 1 / amax * max} both; 0 and 1 up to 2^-24. */
    INTEGERS_BY_RECIPROCAL,
    /** {@code 1 / amax * max} and its reciprocal; up to 2^-24 as of 1. */
    FLOATS,
    /** {@code 1 / amax * max} both; 0 and 1 where that is infinite. */
    FLOATS_DIVIDED,
    /** The amax, of which forward is 1 for 0. */
    TABLE,
    /** E8M0. */
    POWERS_OF_TWO,
    /** E4M3 under a float32 global scale. */
    E4M3
  }

  /** Of float32 scales. */
  public static ScaleFormula of(Kind kind, float max, float factor) {
    return new ScaleFormula(kind, ScaleRule.FLOOR, max, factor, 0, 0, 0);
  }
}
