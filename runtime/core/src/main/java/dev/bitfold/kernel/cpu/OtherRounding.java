package dev.bitfold.kernel.cpu;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Grid;

/**
 * Computes the less common roundings and grids element by element, by exact arithmetic in double.
 */
final class OtherRounding {
  private OtherRounding() {}

  /**
   * Rounds to integers with any rounding and any zero point.
   *
   * @param zeroPoint the zero point of each element, added before clamping; null for none
   */
  static void integers(
      float[] v,
      Grid.Integers grid,
      float @org.jspecify.annotations.Nullable [] zeroPoint,
      int length) {
    for (int i = 0; i < length; i++) {
      float t = v[i];
      float q = (float) Math.copySign(whole(Math.abs((double) t), grid.rounding()), t);
      if (zeroPoint != null) {
        q += zeroPoint[i];
      }
      v[i] = Math.min(Math.max(q, grid.min()), grid.max()) + 0f;
    }
  }

  /** Rounds to floats with any rounding. */
  static void floats(float[] v, Grid.Floats grid, int length) {
    for (int i = 0; i < length; i++) {
      float t = v[i];
      if (Float.isNaN(t)) {
        continue;
      }
      double magnitude = Math.min(Math.abs((double) t), grid.max());
      int exponent = Math.max(Math.getExponent(magnitude), grid.minExponent());
      int step = exponent - grid.mantissa();
      double rounded = Math.scalb(whole(Math.scalb(magnitude, -step), grid.effective()), step);
      v[i] = Math.copySign((float) Math.min(rounded, grid.max()), t);
    }
  }

  /** Rounds to the nearest value of the table. */
  static void table(float[] v, int length) {
    for (int i = 0; i < length; i++) {
      if (!Float.isNaN(v[i])) {
        v[i] = Grid.Table.value(Grid.Table.nearest(v[i]));
      }
    }
  }

  /** Returns a magnitude rounded to a whole number. */
  private static double whole(double magnitude, Rounding rounding) {
    return switch (rounding) {
      case HALF_EVEN -> Math.rint(magnitude);
      case HALF_AWAY -> {
        double lower = Math.floor(magnitude);
        yield magnitude - lower >= 0.5 ? lower + 1 : lower;
      }
      case HALF_TOWARD_ZERO -> {
        double lower = Math.floor(magnitude);
        yield magnitude - lower > 0.5 ? lower + 1 : lower;
      }
      case TOWARD_ZERO -> Math.floor(magnitude);
    };
  }
}
