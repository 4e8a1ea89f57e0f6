package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Grid;

/**
 * Rounding of a chunk to a float format, half to even. A float's binade 2^e is its bits without
 * sign and mantissa; adding and subtracting 1.5 · 2^23 times the format's step in that binade
 * rounds. C2 vectorises no change between float and int within a loop, so whole chunks change their
 * type by way of a buffer.
 */
final class FloatLoops {
  private static final int EXPONENT = 0x7f800000;
  private static final int SIGN = 0x80000000;
  private static final int ONE = 0x3f800000;

  private FloatLoops() {}

  static void round(Scratch scratch, Grid.Floats grid, int length) {
    float[] v = scratch.values;
    float[] binade = scratch.first;
    float[] sign = scratch.second;
    int[] bits = scratch.bits;
    clamp(v, grid.max(), length);
    scratch.bitsOf(v, bits, length);
    signs(bits, scratch.otherBits, length);
    scratch.floatsOf(scratch.otherBits, sign, length);
    binades(bits, length);
    scratch.floatsOf(bits, binade, length);
    // In the lowest binade and below, the step is that of the subnormals.
    float lowest = Math.scalb(1f, grid.minExponent());
    float magic = Math.scalb(1.5f, 23 - grid.mantissa());
    round(v, binade, sign, lowest, magic, length);
  }

  private static void clamp(float[] v, float max, int length) {
    for (int i = 0; i < length; i++) {
      v[i] = Math.min(Math.max(v[i], -max), max);
    }
  }

  private static void signs(int[] bits, int[] out, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = (bits[i] & SIGN) | ONE;
    }
  }

  private static void binades(int[] bits, int length) {
    for (int i = 0; i < length; i++) {
      bits[i] &= EXPONENT;
    }
  }

  private static void round(
      float[] v, float[] binade, float[] sign, float lowest, float magic, int length) {
    for (int i = 0; i < length; i++) {
      float m = Math.max(binade[i], lowest) * magic;
      // The product gives zero its sign back.
      v[i] = (Math.abs(v[i]) + m - m) * sign[i];
    }
  }
}
