package dev.bitfold.descriptor;

import java.util.Optional;
import java.util.function.Function;

/**
 * Describes the grid of a quantized element: the numbers that it can take before it is scaled. The
 * choice is closed. What depends on the format is a method here or calls {@link #match}, so that a
 * new format does not compile until every place handles it.
 */
public sealed interface NumberFormat {
  /** Returns the result of the function for this format. */
  <R> R match(
      Function<? super IntFormat, ? extends R> integers,
      Function<? super FloatFormat, ? extends R> floats,
      Function<? super Nf4Format, ? extends R> nf4);

  /**
   * Returns the name in summaries and files: {@code int8}, {@code uint4}, {@code E4M3}, {@code
   * NF4}.
   */
  String label();

  /** Returns the number of bits of one code. */
  int bits();

  /** Returns the largest number, which a tensor's amax becomes if nothing saturates. */
  float largest();

  /** Returns this format if it is an integer format; empty for every other format. */
  default Optional<IntFormat> integers() {
    return match(Optional::of, floats -> Optional.empty(), nf4 -> Optional.empty());
  }

  /**
   * Describes integers of {@code bits} bits.
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

    /**
     * Returns the largest integer: 2^(bits-1) - 1, or 2^bits - 1 if unsigned. The amax is divided
     * by it.
     */
    public int max() {
      return (1 << (unsigned ? bits : bits - 1)) - 1;
    }

    /** Returns the smallest integer. */
    public int min() {
      if (unsigned) {
        return 0;
      }
      return narrow ? -max() : -max() - 1;
    }

    /** Returns whether a whole number is a number of the format. */
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
   * Describes floats with a sign, {@code exponent} and {@code mantissa} bits, bias 2^(exponent-1) -
   * 1 and subnormals. Without exponent bits, they are the integers from -(2^mantissa - 1) to
   * 2^mantissa - 1. E5M2 follows IEEE 754: its largest exponent is for infinity and NaN. E4M3 has a
   * NaN and no infinity (OCP OFP8). All other formats are finite.
   */
  record FloatFormat(int exponent, int mantissa) implements NumberFormat {
    @Override
    public <R> R match(
        Function<? super IntFormat, ? extends R> integers,
        Function<? super FloatFormat, ? extends R> floats,
        Function<? super Nf4Format, ? extends R> nf4) {
      return floats.apply(this);
    }

    /** Returns whether the largest exponent is reserved for infinity and NaN, as in E5M2. */
    public boolean ieee() {
      return exponent == 5 && mantissa == 2;
    }

    /** Returns whether a code is NaN, as in E5M2 and E4M3. */
    public boolean hasNaN() {
      return ieee() || (exponent == 4 && mantissa == 3);
    }

    /**
     * Returns what is subtracted from the exponent bits: 2^(exponent-1) - 1, or 1 - mantissa
     * without exponent bits.
     */
    public int bias() {
      return exponent == 0 ? 1 - mantissa : (1 << (exponent - 1)) - 1;
    }

    /** Returns the exponent of the smallest normal number: 1 - bias. */
    public int minExponent() {
      return 1 - bias();
    }

    /** Returns the exponent of the largest number: floor(log2({@link #max})). */
    public int maxExponent() {
      return Math.getExponent(max());
    }

    /**
     * Returns the largest number: 448 for E4M3, 57344 for E5M2, 28 for E3M2, 7.5 for E2M3 and 6 for
     * E2M1.
     */
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

  /** Describes 4-bit NormalFloat: sixteen quantiles of a normal distribution in [-1, 1]. */
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
