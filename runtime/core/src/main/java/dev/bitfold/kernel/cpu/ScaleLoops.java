package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Groups;

/** Scales a chunk by one value or by one value for each element, in loops that C2 vectorises. */
final class ScaleLoops {
  /**
   * The length of a group from which a loop with one scale is faster than a loop with a scale for
   * each element.
   */
  static final int LONG_RUN = 64;

  private ScaleLoops() {}

  /**
   * Multiplies or divides a chunk by its groups' values.
   *
   * @param start the index of the element {@code v[0]}
   * @param expanded memory for a value for each element, if groups are short
   */
  static void scale(
      float[] v,
      float[] values,
      boolean divides,
      Groups groups,
      int start,
      int length,
      float[] expanded) {
    if (groups.block() < LONG_RUN) {
      groups.expand(values, start, length, expanded);
      if (divides) {
        divide(v, expanded, length);
      } else {
        multiply(v, expanded, length);
      }
      return;
    }
    int done = 0;
    while (done < length) {
      int row = (start + done) / groups.columns();
      int column = start + done - row * groups.columns();
      int end = done + Math.min(length - done, groups.columns() - column);
      int base = groups.base(row);
      while (done < end) {
        int run = Math.min(end - done, groups.block() - column % groups.block());
        float value = values[base + column / groups.block()];
        if (divides) {
          divide(v, value, done, done + run);
        } else {
          multiply(v, value, done, done + run);
        }
        done += run;
        column += run;
      }
    }
  }

  private static void multiply(float[] v, float[] by, int length) {
    for (int i = 0; i < length; i++) {
      v[i] *= by[i];
    }
  }

  private static void divide(float[] v, float[] by, int length) {
    for (int i = 0; i < length; i++) {
      v[i] /= by[i];
    }
  }

  private static void multiply(float[] v, float by, int from, int to) {
    for (int i = from; i < to; i++) {
      v[i] *= by;
    }
  }

  private static void divide(float[] v, float by, int from, int to) {
    for (int i = from; i < to; i++) {
      v[i] /= by;
    }
  }
}
