package dev.bitfold.descriptor;

import java.util.Optional;
import java.util.function.Function;

/**
 * The grid of numbers that a quantized element can take, before its scale. A closed choice: what
 * depends on the format is behaviour of it, or asks {@link #match}, which another format does not
 * compile without.
 */
public sealed interface NumberFormat {
  /** Returns what the function for this format gives. */
  <R> R match(
      Function<? super IntFormat, ? extends R> integers,
      Function<? super FloatFormat, ? extends R> floats,
      Function<? super Nf4Format, ? extends R> nf4);

  /** The name in summaries and files: {@code int8}, {@code uint4}, {@code E4M3}, {@code NF4}. */
  String label();

  /** Bits of one code. */
  int bits();

  /** Returns the largest number: that of a tensor's amax, where nothing saturates. */
  float largest();

  /** Returns this format if it is of integers; empty for every other. */
  default Optional<IntFormat> integers() {
    return match(Optional::of, floats -> Optional.empty(), nf4 -> Optional.empty());
  }

  /**
   * Integers of {@code bits} bits.
   *
   * @param bits 2 to 16, 1 to 16 if unsigned
   * @param unsigned 0 to 2^bits - 1
   * @param narrow symmetric: -max to max
   */
  record IntFormat(int bits, boolean unsigned, boolean narrow) implements NumberFormat {
    @Override
    public <R> R match(
        Function<? super IntFormat, ? extends R> integers,
        Function<? super FloatFormat, ? extends R> floats,
        Function<? super Nf4Format, ? extends R> nf4) {
      return integers.apply(this);
    }

    /** The largest integer: 2^(bits-1) - 1, or 2^bits - 1 if unsigned. It divides amax. */
    public int max() {
      return (1 << (unsigned ? bits : bits - 1)) - 1;
    }

    /** The smallest integer. */
    public int min() {
      if (unsigned) {
        return 0;
      }
      return narrow ? -max() : -max() - 1;
    }

    /** Returns whether a whole number is one of the format's. */
    public boolean holds(float number) {
      return number >= min() && number <= max();
    }

    @Override
    public float largest() {
      return max();
    }

    @Override
    public String label() {
      return (unsigned ? "uint" : "int") + bits + (narrow ? " narrow" : "");
    }
  }

  /**
   * Floats with a sign, {@code exponent} and {@code mantissa} bits, bias 2^(exponent-1) - 1 and
   * subnormals; without exponent bits, the integers from -(2^mantissa - 1) on. E5M2 follows IEEE
   * 754 (its largest exponent is for infinity and NaN), E4M3 has a NaN and no infinity (OCP OFP8),
   * all others are finite.
   */
  record FloatFormat(int exponent, int mantissa) implements NumberFormat {
    @Override
    public <R> R match(
        Function<? super IntFormat, ? extends R> integers,
        Function<? super FloatFormat, ? extends R> floats,
        Function<? super Nf4Format, ? extends R> nf4) {
      return floats.apply(this);
    }

    /** Whether the largest exponent is kept for infinity and NaN: E5M2. */
    public boolean ieee() {
      return exponent == 5 && mantissa == 2;
    }

    /** Whether a code is NaN: in E5M2 and E4M3. */
    public boolean hasNaN() {
      return ieee() || (exponent == 4 && mantissa == 3);
    }

    /** What is subtracted from the exponent bits: 2^(exponent-1) - 1. */
    public int bias() {
      return exponent == 0 ? 1 - mantissa : (1 << (exponent - 1)) - 1;
    }

    /** The exponent of the smallest normal number: 1 - bias. */
    public int minExponent() {
      return 1 - bias();
    }

    /** The exponent of the largest number: floor(log2({@link #max})). */
    public int maxExponent() {
      return Math.getExponent(max());
    }

    /** The largest number: 448 of E4M3, 57344 of E5M2, 28 of E3M2, 7.5 of E2M3, 6 of E2M1. */
    public float max() {
      // The code of the largest number, without its sign.
      int code = (1 << (exponent + mantissa)) - 1;
      if (ieee()) {
        code -= 1 << mantissa;
      } else if (hasNaN()) {
        code--;
      }
      int bits = code >> mantissa;
      int fraction = code & ((1 << mantissa) - 1);
      return bits == 0
          ? Math.scalb((float) fraction, minExponent() - mantissa)
          : Math.scalb((float) (fraction + (1 << mantissa)), bits - bias() - mantissa);
    }

    @Override
    public float largest() {
      return max();
    }

    @Override
    public int bits() {
      return 1 + exponent + mantissa;
    }

    @Override
    public String label() {
      return "E" + exponent + "M" + mantissa;
    }
  }

  /** 4-bit NormalFloat: sixteen quantiles of a normal distribution, scaled to [-1, 1]. */
  record Nf4Format() implements NumberFormat {
    @Override
    public <R> R match(
        Function<? super IntFormat, ? extends R> integers,
        Function<? super FloatFormat, ? extends R> floats,
        Function<? super Nf4Format, ? extends R> nf4) {
      return nf4.apply(this);
    }

    @Override
    public float largest() {
      return 1;
    }

    @Override
    public int bits() {
      return 4;
    }

    @Override
    public String label() {
      return "NF4";
    }
  }
}
