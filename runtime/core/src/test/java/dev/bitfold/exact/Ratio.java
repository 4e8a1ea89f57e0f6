package dev.bitfold.exact;

import java.math.BigInteger;

/**
 * A number without rounding.
 *
 * @param denominator above 0
 */
record Ratio(BigInteger numerator, BigInteger denominator) implements Comparable<Ratio> {
  static final Ratio ZERO = of(0L);

  /** Every float is a multiple of 2^-149, every double one of 2^-1074. */
  private static final int FLOAT_UNITS = 149;

  private static final int DOUBLE_UNITS = 1074;

  static Ratio of(long value) {
    return new Ratio(BigInteger.valueOf(value), BigInteger.ONE);
  }

  /** The exact value of a finite float. */
  static Ratio of(float value) {
    BigInteger units = units(Float.floatToRawIntBits(Math.abs(value)));
    return new Ratio(value < 0 ? units.negate() : units, BigInteger.ONE.shiftLeft(FLOAT_UNITS));
  }

  /** The exact value of a finite double. */
  static Ratio of(double value) {
    BigInteger units = units(Double.doubleToRawLongBits(Math.abs(value)));
    return new Ratio(value < 0 ? units.negate() : units, BigInteger.ONE.shiftLeft(DOUBLE_UNITS));
  }

  static Ratio power(int exponent) {
    return exponent < 0
        ? new Ratio(BigInteger.ONE, BigInteger.ONE.shiftLeft(-exponent))
        : new Ratio(BigInteger.ONE.shiftLeft(exponent), BigInteger.ONE);
  }

  // By the definition of IEEE 754: exponent bits of 0 and 1 stand for the same exponent.
  private static BigInteger units(int bits) {
    int exponent = bits >>> 23;
    int fraction = bits & 0x7fffff;
    return exponent == 0
        ? BigInteger.valueOf(fraction)
        : BigInteger.valueOf(fraction + 0x800000L).shiftLeft(exponent - 1);
  }

  private static BigInteger units(long bits) {
    int exponent = (int) (bits >>> 52);
    long fraction = bits & 0xfffffffffffffL;
    return exponent == 0
        ? BigInteger.valueOf(fraction)
        : BigInteger.valueOf(fraction + 0x10000000000000L).shiftLeft(exponent - 1);
  }

  Ratio plus(Ratio other) {
    return new Ratio(
        numerator.multiply(other.denominator).add(other.numerator.multiply(denominator)),
        denominator.multiply(other.denominator));
  }

  Ratio minus(Ratio other) {
    return plus(other.negate());
  }

  Ratio times(Ratio other) {
    return new Ratio(numerator.multiply(other.numerator), denominator.multiply(other.denominator));
  }

  /**
   * @param other not zero
   */
  Ratio over(Ratio other) {
    Ratio inverse =
        new Ratio(
            other.denominator.multiply(BigInteger.valueOf(other.signum())), other.numerator.abs());
    return times(inverse);
  }

  Ratio negate() {
    return new Ratio(numerator.negate(), denominator);
  }

  Ratio abs() {
    return new Ratio(numerator.abs(), denominator);
  }

  int signum() {
    return numerator.signum();
  }

  /** The largest integer that is not above. */
  BigInteger floor() {
    BigInteger[] parts = numerator.divideAndRemainder(denominator);
    return parts[1].signum() < 0 ? parts[0].subtract(BigInteger.ONE) : parts[0];
  }

  @Override
  public int compareTo(Ratio other) {
    return numerator.multiply(other.denominator).compareTo(other.numerator.multiply(denominator));
  }

  /**
   * The nearest float, of two the one whose bits are even; infinity from half a step beyond the
   * largest on. Found by halving among all floats.
   */
  float toFloat() {
    BigInteger wanted = numerator.abs().shiftLeft(FLOAT_UNITS);
    int low = 0;
    int high = 0x7f800000;
    while (high - low > 1) {
      int middle = (low + high) >>> 1;
      if (units(middle).multiply(denominator).compareTo(wanted) <= 0) {
        low = middle;
      } else {
        high = middle;
      }
    }
    // Infinity's bits stand for 2^128 here, the step after the largest.
    BigInteger below = wanted.subtract(units(low).multiply(denominator));
    BigInteger above = units(high).multiply(denominator).subtract(wanted);
    int nearer = below.compareTo(above);
    float magnitude =
        Float.intBitsToFloat(nearer < 0 || (nearer == 0 && low % 2 == 0) ? low : high);
    return signum() < 0 ? -magnitude : magnitude;
  }

  /** As {@link #toFloat}, the nearest double. */
  double toDouble() {
    BigInteger wanted = numerator.abs().shiftLeft(DOUBLE_UNITS);
    long low = 0;
    long high = 0x7ff0000000000000L;
    while (high - low > 1) {
      long middle = (low + high) >>> 1;
      if (units(middle).multiply(denominator).compareTo(wanted) <= 0) {
        low = middle;
      } else {
        high = middle;
      }
    }
    BigInteger below = wanted.subtract(units(low).multiply(denominator));
    BigInteger above = units(high).multiply(denominator).subtract(wanted);
    int nearer = below.compareTo(above);
    double magnitude =
        Double.longBitsToDouble(nearer < 0 || (nearer == 0 && low % 2 == 0) ? low : high);
    return signum() < 0 ? -magnitude : magnitude;
  }
}
