package dev.bitfold.quantizer.scale;

import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.kernel.ScaleFormula;
import dev.bitfold.kernel.Scales;

/**
 * Computes E8M0 block scales: powers of two from 2^-127 to 2^127, and NaN (OCP Microscaling formats
 * 1.0).
 *
 * <p>Under the floor rule, integers are OCP's fixed-point numbers: {@code bits - 2} bits are behind
 * the point, and the largest number is just below 2. Under the ceil rule they are whole numbers, as
 * in ModelOpt.
 */
final class PowerOfTwoScales {
  private static final int MIN = -127;
  private static final int MAX = 127;
  private static final byte NAN = (byte) 255;

  private final ScaleRule rule;
  private final float max;
  private final int maxExponent;
  private final int fractionBits;

  PowerOfTwoScales(NumberFormat format, ScaleRule rule) {
    this.rule = rule;
    this.max = format.largest();
    this.maxExponent =
        format.match(integers -> 0, FloatFormat::maxExponent, PowerOfTwoScales::refuse);
    this.fractionBits =
        format.match(
            integers -> rule == ScaleRule.CEIL ? 0 : integers.bits() - 2,
            floats -> 0,
            PowerOfTwoScales::refuse);
  }

  /** Refuses a format that the rules for descriptors have refused before. */
  private static int refuse(NumberFormat format) {
    throw new IllegalArgumentException(format.label() + " has no scales that are powers of two");
  }

  /**
   * Returns the scales of blocks.
   *
   * @param amax the amax of each block; finite under the ceil rule
   */
  ScaleSet of(float[] amax) {
    byte[] exponents = new byte[amax.length];
    for (int g = 0; g < amax.length; g++) {
      exponents[g] = exponent(amax[g]);
    }
    StoredScales.PowersOfTwo stored = stored(exponents);
    float[] backward = new float[amax.length];
    float[] forward = new float[amax.length];
    of(amax, amax.length, forward, backward);
    // Dividing by a power of two is exact where multiplying by its inverse would overflow.
    return new ScaleSet(new Scales(forward, true, backward, false), stored);
  }

  /** Returns the scales in their stored form. */
  StoredScales.PowersOfTwo stored(byte[] exponents) {
    return new StoredScales.PowersOfTwo(exponents, fractionBits);
  }

  /** Computes both factors of the first groups, and writes them to the last two arrays. */
  void of(float[] amax, int count, float[] forward, float[] backward) {
    for (int g = 0; g < count; g++) {
      float scale = StoredScales.PowersOfTwo.backward(exponent(amax[g]), fractionBits);
      // A block of zeros has no exponent. ModelOpt stores it as 2^-127 and gives it as 1: under
      // either its codes must be 0, also where the amax was given and the block holds more.
      backward[g] = amax[g] == 0 && rule == ScaleRule.CEIL ? 1f : scale;
      boolean zeros = amax[g] == 0 || (rule == ScaleRule.FLUSH && amax[g] < Float.MIN_NORMAL);
      forward[g] = zeros ? Float.POSITIVE_INFINITY : backward[g];
    }
  }

  /** Returns the formula of {@link #of} for an amax times a factor. */
  ScaleFormula formula(float factor) {
    return new ScaleFormula(
        ScaleFormula.Kind.POWERS_OF_TWO, rule, max, factor, maxExponent, fractionBits, 0);
  }

  private byte exponent(float amax) {
    if (!Float.isFinite(amax)) {
      return NAN;
    }
    int exponent = rule == ScaleRule.CEIL ? ceil(amax / max) : floor(amax);
    return (byte) (Math.min(Math.max(exponent, MIN), MAX) + 127);
  }

  private int floor(float amax) {
    // As a double no float is subnormal. A block of zeros counts as 2^-126.
    return Math.getExponent(amax == 0 ? (double) Float.MIN_NORMAL : amax) - maxExponent;
  }

  private static int ceil(float ratio) {
    if (ratio == 0) {
      return MIN;
    }
    int floor = Math.getExponent((double) ratio);
    return ratio > Math.scalb(1.0, floor) ? floor + 1 : floor;
  }
}
