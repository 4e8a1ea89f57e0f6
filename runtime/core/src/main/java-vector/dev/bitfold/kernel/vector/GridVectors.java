package dev.bitfold.kernel.vector;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Grid;
import org.jspecify.annotations.Nullable;

/**
 * One way to scale, round to a grid and scale back, on memory: {@link FloatMemory#of} of the input
 * and of the output, which may be the same. Here in three passes; a grid does its usual ways in
 * one. To be called with a few thousand elements at most, which stay in the first-level cache, and
 * a multiple of a vector's: loops of many short calls are also what C2 compiles best.
 */
abstract class GridVectors {
  /** Elements that are handed over at once. */
  static final int CHUNK = 1024;

  private static final float[] NONE = {};

  final boolean divides;
  final boolean dividesBack;
  final boolean back;

  /**
   * @param back whether to scale back
   */
  GridVectors(boolean divides, boolean dividesBack, boolean back) {
    this.divides = divides;
    this.dividesBack = dividesBack;
    this.back = back;
  }

  /** The loops of a grid, or null if there are none. */
  static @Nullable GridVectors of(Grid grid, boolean divides, boolean dividesBack, boolean back) {
    return grid.match(
        integers ->
            integers.rounding() == Rounding.HALF_EVEN && IntegerVectors.inRange(integers)
                ? new IntegerVectors(integers, divides, dividesBack, back)
                : null,
        floats ->
            floats.effective() == Rounding.HALF_EVEN
                ? new FloatVectors(floats, divides, dividesBack, back)
                : null,
        table -> new TableVectors(divides, dividesBack, back));
  }

  /**
   * Rounds scaled values in place.
   *
   * @param zeroPoint one per group, from {@code g}; of length 0 if there are none
   */
  abstract void round(Object memory, int at, int run, int count, float[] zeroPoint, int g);

  /**
   * Neighbouring groups of equal length.
   *
   * @param at the index of the first group's first element
   * @param run elements of a group
   * @param count groups
   * @param forward one per group, from {@code g}; so is {@code backward}, and {@code zeroPoint}
   *     unless it is of length 0
   */
  void perGroup(
      Object in,
      Object out,
      int at,
      int run,
      int count,
      float[] forward,
      float[] backward,
      float[] zeroPoint,
      int g) {
    ScaleVectors.perGroup(divides, in, out, at, run, count, forward, g);
    round(out, at, run, count, zeroPoint, g);
    if (back) {
      ScaleVectors.perGroup(dividesBack, out, out, at, run, count, backward, g);
    }
  }

  /**
   * Elements with scales of their own, and no zero points.
   *
   * @param at the index of the first element
   * @param forward one per element, from {@code g}; so is {@code backward}
   */
  void perElement(
      Object in, Object out, int at, int length, float[] forward, float[] backward, int g) {
    ScaleVectors.perElement(divides, in, out, at, length, forward, g);
    round(out, at, length, 1, NONE, 0);
    if (back) {
      ScaleVectors.perElement(dividesBack, out, out, at, length, backward, g);
    }
  }
}
