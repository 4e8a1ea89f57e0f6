package dev.bitfold.kernel.cpu;

/**
 * Rounding of a chunk to integers, half to even. Clamping comes first: the bounds are integers, so
 * the result is the same, and within the bounds adding and subtracting 1.5 · 2^23 rounds. A result
 * of zero is +0. Loops that C2 vectorises.
 */
final class IntegerLoops {
  /** 1.5 · 2^23: floats of its size are integers. */
  private static final float MAGIC = 12582912f;

  private IntegerLoops() {}

  static void round(float[] v, float min, float max, int length) {
    for (int i = 0; i < length; i++) {
      float t = Math.min(Math.max(v[i], min), max);
      v[i] = t + MAGIC - MAGIC;
    }
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
