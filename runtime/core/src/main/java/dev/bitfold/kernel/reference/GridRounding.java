package dev.bitfold.kernel.reference;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Grid;

/** Rounds to a grid by comparing the two adjacent numbers, which is slow but hard to get wrong. */
interface GridRounding {
  /**
   * Returns the grid's number for a value.
   *
   * @param t the value, not NaN
   * @param zeroPoint the zero point, added after rounding and before clamping; 0 for other grids
   *     than integers
   */
  float nearest(float t, float zeroPoint);

  /** Returns the rounding of a grid. */
  static GridRounding of(Grid grid) {
    return grid.match(
        integers -> (t, zeroPoint) -> integer(t, zeroPoint, integers),
        floats -> (t, zeroPoint) -> Math.copySign(magnitude(Math.abs(t), floats), t),
        table -> (t, zeroPoint) -> entry(t));
  }

  /** Returns the grid's number for a value, as {@link #nearest} does; NaN stays NaN. */
  default float round(float t, float zeroPoint) {
    return Float.isNaN(t) || Float.isNaN(zeroPoint) ? Float.NaN : nearest(t, zeroPoint);
  }

  private static float integer(float t, float zeroPoint, Grid.Integers grid) {
    float q = integer(t, grid.rounding()) + zeroPoint;
    // + 0f: an integer has no -0.
    return Math.min(Math.max(q, grid.min()), grid.max()) + 0f;
  }

  /**
   * Returns the table's value by walking up, past each midpoint of two values that {@code t}
   * exceeds.
   */
  private static float entry(float t) {
    float[] values = Grid.Table.values();
    float nearest = values[0];
    for (int code = 1; code < values.length; code++) {
      // Distances cannot be compared: they are all equal if t is infinite or very large.
      double middle = ((double) values[code - 1] + values[code]) / 2;
      nearest = t > middle ? values[code] : nearest;
    }
    return nearest;
  }

  private static float integer(float t, Rounding rounding) {
    // This is exact in double: the two adjacent integers of a float, and its distances to them.
    double lower = Math.floor(Math.abs((double) t));
    double upper = lower + 1;
    boolean lowerIsEven = lower % 2 == 0;
    return (float)
        Math.copySign(choose(Math.abs((double) t), lower, upper, lowerIsEven, rounding), t);
  }

  /** Walks up the grid's numbers to the two around {@code t}. */
  private static float magnitude(float t, Grid.Floats grid) {
    if (t >= grid.max()) {
      return grid.max();
    }
    double lower = 0;
    long code = 0;
    double upper = number(1, grid);
    while (upper <= t) {
      lower = upper;
      code++;
      upper = number(code + 1, grid);
    }
    return (float) choose(t, lower, upper, code % 2 == 0, grid.effective());
  }

  /** Returns the grid's number of a code; code 0 is zero. */
  private static double number(long code, Grid.Floats grid) {
    long perBinade = 1L << grid.mantissa();
    long binade = code / perBinade;
    long fraction = code % perBinade;
    return binade == 0
        ? Math.scalb((double) fraction, grid.minExponent() - grid.mantissa())
        : Math.scalb(
            (double) (fraction + perBinade),
            grid.minExponent() + (int) binade - 1 - grid.mantissa());
  }

  private static double choose(
      double t, double lower, double upper, boolean lowerIsEven, Rounding rounding) {
    double below = t - lower;
    double above = upper - t;
    boolean up =
        switch (rounding) {
          case HALF_EVEN -> above < below || (above == below && !lowerIsEven);
          case HALF_AWAY -> above <= below;
          case HALF_TOWARD_ZERO -> above < below;
          case TOWARD_ZERO -> false;
        };
    return up ? upper : lower;
  }
}
