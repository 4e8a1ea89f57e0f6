package dev.bitfold.annotations;

/** The grid of numbers that a quantized element can take, before its scale. */
public sealed interface NumberFormat {
  /** The name in summaries and files: {@code int8}, {@code uint4}, {@code E4M3}, {@code NF4}. */
  String label();

  /** Bits of one code. */
  int bits();

  /**
   * Integers of {@code bits} bits.
   *
   * @param bits 2 to 16, 1 to 16 if unsigned
   * @param unsigned 0 to 2^bits - 1
   * @param narrow symmetric: -max to max
   */
  record IntFormat(int bits, boolean unsigned, boolean narrow) implements NumberFormat {
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

    @Override
    public String label() {
      return (unsigned ? "uint" : "int") + bits + (narrow ? " narrow" : "");
    }
  }

  /**
   * Floats with a sign, {@code exponent} and {@code mantissa} bits, bias 2^(exponent-1) - 1 and
   * subnormals. E5M2 follows IEEE 754 (its largest exponent is for infinity and NaN), E4M3 has a
   * NaN and no infinity (OCP OFP8), all others are finite.
   */
  record FloatFormat(int exponent, int mantissa) implements NumberFormat {
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
    public int bits() {
      return 4;
    }

    @Override
    public String label() {
      return "NF4";
    }
  }
}
