package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Grid;

/**
 * Rounds a chunk to a float format, half to even, on the bits of its floats. A normal number is
 * rounded by a carry into the bits that are kept. Below the smallest normal number, the step is
 * constant, and adding and subtracting 1.5 · 2^23 steps rounds. C2 does not vectorise a conversion
 * between float and int in a loop, so whole chunks are converted through a buffer.
 */
final class FloatLoops {
  private static final int SIGN = 0x80000000;
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;
  private static final int NAN = 0x7fc00000;

  private FloatLoops() {}

  static void round(Scratch scratch, Grid.Floats grid, int length) {
    float[] v = scratch.values;
    float lowest = Math.scalb(1f, grid.minExponent());
    subnormals(v, scratch.first, lowest * Math.scalb(1.5f, 23 - grid.mantissa()), length);
    scratch.bitsOf(v, scratch.bits, length);
    scratch.bitsOf(scratch.first, scratch.otherBits, length);
    round(
        scratch.bits,
        scratch.otherBits,
        23 - grid.mantissa(),
        Float.floatToRawIntBits(lowest),
        Float.floatToRawIntBits(grid.max()),
        length);
    scratch.floatsOf(scratch.bits, v, length);
  }

  private static void subnormals(float[] v, float[] out, float magic, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = Math.abs(v[i]) + magic - magic;
    }
  }

  /**
   * Rounds magnitudes and sets their signs.
   *
   * @param bits the bits of the values, which become the bits of the results
   * @param below the magnitudes, rounded as if they were subnormal
   * @param cut the number of mantissa bits that are dropped
   * @param lowest the smallest normal number
   */
  private static void round(int[] bits, int[] below, int cut, int lowest, int max, int length) {
    int almostHalf = (1 << (cut - 1)) - 1;
    int kept = -1 << cut;
    for (int i = 0; i < length; i++) {
      int magnitude = bits[i] & MAGNITUDE;
      int normal = (magnitude + almostHalf + ((magnitude >>> cut) & 1)) & kept;
      // Masks of ones where a condition holds: C2 vectorises no choice.
      int small = (magnitude - lowest) >> 31;
      int rounded = (below[i] & small) | (normal & ~small);
      int over = (max - rounded) >> 31;
      int bounded = (max & over) | (rounded & ~over);
      int nan = (INFINITY - magnitude) >> 31;
      bits[i] = bounded | (bits[i] & SIGN) | (nan & NAN);
    }
  }
}
