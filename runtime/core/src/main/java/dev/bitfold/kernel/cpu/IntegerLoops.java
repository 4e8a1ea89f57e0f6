package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Grid;

/**
 * Rounds a chunk to integers, half to even, in loops that C2 vectorises. Clamping comes first. The
 * result is the same because the bounds are integers, and within the bounds, adding and subtracting
 * 1.5 · 2^23 rounds. A result of zero is +0.
 */
final class IntegerLoops {
  /** 1.5 · 2^23. Floats of this size are integers. */
  private static final float MAGIC = 12582912f;

  /** 2^22, up to which adding {@link #MAGIC} rounds to integers. */
  private static final float RANGE = 4194304f;

  private IntegerLoops() {}

  static void round(float[] v, float min, float max, int length) {
    for (int i = 0; i < length; i++) {
      float t = Math.min(Math.max(v[i], min), max);
      v[i] = t + MAGIC - MAGIC;
    }
  }

  /** Rounds between bounds that are moved by each element's zero point, so that none is added. */
  static void round(float[] v, float[] zeroPoint, float min, float max, int length) {
    for (int i = 0; i < length; i++) {
      float t = Math.min(Math.max(v[i], min - zeroPoint[i]), max - zeroPoint[i]);
      v[i] = t + MAGIC - MAGIC;
    }
  }

  static void add(float[] v, float[] zeroPoint, int length) {
    for (int i = 0; i < length; i++) {
      v[i] += zeroPoint[i];
    }
  }

  static void subtract(float[] v, float[] zeroPoint, int length) {
    for (int i = 0; i < length; i++) {
      v[i] -= zeroPoint[i];
    }
  }

  /** Returns whether the bounds, moved by the zero points, are small enough for this rounding. */
  static boolean inRange(Grid.Integers grid, float[] zeroPoint) {
    float most = Math.max(Math.abs((float) grid.min()), Math.abs((float) grid.max()));
    for (float zero : zeroPoint) {
      if (!(most + Math.abs(zero) <= RANGE)) {
        return false;
      }
    }
    return most <= RANGE;
  }

  /** Computes {@code round(v * by) / back}, the usual case, in one loop. */
  static void multiplyRoundDivide(
      float[] v, float by, float back, float min, float max, int from, int to) {
    for (int i = from; i < to; i++) {
      float t = Math.min(Math.max(v[i] * by, min), max);
      v[i] = (t + MAGIC - MAGIC) / back;
    }
  }

  /** Computes {@code round(v * by) / back} with separate scales for each element. */
  static void multiplyRoundDivide(
      float[] v, float[] by, float[] back, float min, float max, int length) {
    for (int i = 0; i < length; i++) {
      float t = Math.min(Math.max(v[i] * by[i], min), max);
      v[i] = (t + MAGIC - MAGIC) / back[i];
    }
  }
}
