package dev.bitfold.exact;

import dev.bitfold.annotations.Rounding;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;

/**
 * Rounds to the numbers of a format: to the nearest by exact distance, with ties by the stated
 * rule.
 */
sealed interface ExactGrid {
  /**
   * The format's number for a value; NaN for NaN.
   *
   * @param zeroPoint added after rounding and before the bounds, in float32; 0 for none
   */
  float round(float t, float zeroPoint);

  /** The largest number. */
  float max();

  /** Integers. Zero has no sign. */
  record Integers(int min, int top, Rounding rounding) implements ExactGrid {
    @Override
    public float max() {
      return top;
    }

    @Override
    public float round(float t, float zeroPoint) {
      if (Float.isNaN(t) || Float.isNaN(zeroPoint)) {
        return Float.NaN;
      }
      float q = Ieee.plus(Float.isInfinite(t) ? t : whole(t), zeroPoint);
      if (Float.isNaN(q)) {
        return q;
      }
      float bounded = q < min ? min : q > top ? top : q;
      return bounded == 0 ? 0f : bounded;
    }

    private float whole(float t) {
      Ratio magnitude = Ratio.of(t).abs();
      BigInteger lower = magnitude.floor();
      Ratio below = magnitude.minus(new Ratio(lower, BigInteger.ONE));
      boolean up = up(below.compareTo(Ratio.of(1).minus(below)), !lower.testBit(0), rounding);
      BigInteger result = up ? lower.add(BigInteger.ONE) : lower;
      float whole = new Ratio(result, BigInteger.ONE).toFloat();
      return t < 0 ? -whole : whole;
    }
  }

  /**
   * Floats, all magnitudes written out. Zero has the value's sign.
   *
   * @param magnitudes ascending from zero; a number's place is its code without the sign
   */
  record Floats(List<Ratio> magnitudes, boolean fractions, Rounding rounding) implements ExactGrid {
    /** The numbers as the table of docs/numerics.md has them. */
    static Floats of(int exponent, int mantissa, Rounding rounding) {
      List<Ratio> magnitudes = new ArrayList<>();
      int codes = 1 << (exponent + mantissa);
      boolean e5m2 = exponent == 5 && mantissa == 2;
      boolean e4m3 = exponent == 4 && mantissa == 3;
      // IEEE 754 keeps the largest exponent for infinity and NaN, OCP's E4M3 one code for NaN.
      int numbers = codes - (e5m2 ? 1 << mantissa : e4m3 ? 1 : 0);
      int bias = (1 << Math.max(exponent - 1, 0)) - 1;
      for (int code = 0; code < numbers; code++) {
        int bits = code / (1 << mantissa);
        int fraction = code % (1 << mantissa);
        Ratio number =
            exponent == 0
                ? Ratio.of(fraction)
                : bits == 0
                    ? Ratio.of(fraction).times(Ratio.power(1 - bias - mantissa))
                    : Ratio.of((1L << mantissa) + fraction)
                        .times(Ratio.power(bits - bias - mantissa));
        magnitudes.add(number);
      }
      return new Floats(magnitudes, mantissa > 0, rounding);
    }

    @Override
    public float max() {
      return magnitudes.get(magnitudes.size() - 1).toFloat();
    }

    @Override
    public float round(float t, float zeroPoint) {
      if (Float.isNaN(t)) {
        return t;
      }
      float magnitude = Float.isInfinite(t) ? max() : nearest(Ratio.of(t).abs()).toFloat();
      return Math.copySign(magnitude, t);
    }

    /** The number of a magnitude. */
    Ratio nearest(Ratio magnitude) {
      int last = magnitudes.size() - 1;
      for (int code = 0; code < last; code++) {
        Ratio upper = magnitudes.get(code + 1);
        if (magnitude.compareTo(upper) < 0) {
          Ratio lower = magnitudes.get(code);
          int nearer = magnitude.minus(lower).compareTo(upper.minus(magnitude));
          // Without fractions neighbours both end in the same bit: ties go away from zero.
          boolean even = fractions && code % 2 == 0;
          return up(nearer, even, rounding) ? upper : lower;
        }
      }
      return magnitudes.get(last);
    }
  }

  /** NF4; of two the lower. */
  record Table(List<Ratio> values) implements ExactGrid {
    // The quantiles that QLoRA's appendix gives, to four digits.
    private static final double[] QLORA = {
      -1.0, -0.6962, -0.5251, -0.3949, -0.2844, -0.1848, -0.0911, 0.0, 0.0796, 0.1609, 0.2461,
      0.3379, 0.4407, 0.5626, 0.7230, 1.0
    };

    static Table nf4() {
      List<Ratio> values = new ArrayList<>();
      for (double quantile : QLORA) {
        Ratio exact = Ratio.of(Math.round(quantile * 10_000)).over(Ratio.of(10_000));
        values.add(bfloat16(exact));
      }
      return new Table(values);
    }

    /** The nearest number of eight significant bits. */
    private static Ratio bfloat16(Ratio exact) {
      if (exact.signum() == 0) {
        return exact;
      }
      int exponent = 0;
      while (exact.abs().compareTo(Ratio.power(exponent)) < 0) {
        exponent--;
      }
      Ratio step = Ratio.power(exponent - 7);
      Ratio steps = exact.over(step);
      Ratio lower = new Ratio(steps.floor(), BigInteger.ONE);
      Ratio upper = lower.plus(Ratio.of(1));
      boolean up = steps.minus(lower).compareTo(upper.minus(steps)) > 0;
      return (up ? upper : lower).times(step);
    }

    @Override
    public float max() {
      return 1;
    }

    @Override
    public float round(float t, float zeroPoint) {
      if (Float.isNaN(t)) {
        return t;
      }
      if (Float.isInfinite(t)) {
        return Math.signum(t);
      }
      Ratio exact = Ratio.of(t);
      Ratio nearest = values.get(0);
      for (Ratio value : values) {
        if (exact.minus(value).abs().compareTo(exact.minus(nearest).abs()) < 0) {
          nearest = value;
        }
      }
      return nearest.toFloat();
    }
  }

  /**
   * Whether a magnitude goes to the number above it.
   *
   * @param nearer below 0 if the lower number is nearer, 0 if neither is
   */
  private static boolean up(int nearer, boolean lowerIsEven, Rounding rounding) {
    return switch (rounding) {
      case HALF_EVEN -> nearer > 0 || (nearer == 0 && !lowerIsEven);
      case HALF_AWAY -> nearer >= 0;
      case HALF_TOWARD_ZERO -> nearer > 0;
      case TOWARD_ZERO -> false;
    };
  }
}
