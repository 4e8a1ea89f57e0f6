package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Grid;

/**
 * Rounding of a chunk to integers, half to even. Clamping comes first: the bounds are integers, so
 * the result is the same, and within the bounds adding and subtracting 1.5 · 2^23 rounds. A result
 * of zero is +0. Loops that C2 vectorises.
 */
final class IntegerLoops {
  /** 1.5 · 2^23: floats of its size are integers. */
  private static final float MAGIC = 12582912f;

  /** 2^22: up to here adding {@link #MAGIC} rounds to integers. */
  private static final float RANGE = 4194304f;

  private IntegerLoops() {}

  static void round(float[] v, float min, float max, int length) {
    for (int i = 0; i < length; i++) {
      float t = Math.min(Math.max(v[i], min), max);
      v[i] = t + MAGIC - MAGIC;
    }
  }

  /** Between bounds that are moved by each element's zero point, so that none is added. */
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

  /** Whether the bounds, moved by the zero points, are small enough for the trick. */
  static boolean inRange(Grid.Integers grid, float[] zeroPoint) {
    float most = Math.max(Math.abs((float) grid.min()), Math.abs((float) grid.max()));
    for (float zero : zeroPoint) {
      if (!(most + Math.abs(zero) <= RANGE)) {
        return false;
      }
    }
    return most <= RANGE;
  }

  /** {@code round(v * by) / back}: the usual path in one loop. */
  static void multiplyRoundDivide(
      float[] v, float by, float back, float min, float max, int from, int to) {
    for (int i = from; i < to; i++) {
      float t = Math.min(Math.max(v[i] * by, min), max);
      v[i] = (t + MAGIC - MAGIC) / back;
    }
  }

  /** {@code round(v * by) / back} with scales of their own for each element. */
  static void multiplyRoundDivide(
      float[] v, float[] by, float[] back, float min, float max, int length) {
    for (int i = 0; i < length; i++) {
      float t = Math.min(Math.max(v[i] * by[i], min), max);
      v[i] = (t + MAGIC - MAGIC) / back[i];
    }
  }
}
