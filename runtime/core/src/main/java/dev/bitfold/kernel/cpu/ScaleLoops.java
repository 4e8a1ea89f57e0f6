package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Runs;

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
    for (Runs runs = groups.runs(start, length); runs.next(); ) {
      float value = values[runs.group()];
      if (divides) {
        divide(v, value, runs.from(), runs.to());
      } else {
        multiply(v, value, runs.from(), runs.to());
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
