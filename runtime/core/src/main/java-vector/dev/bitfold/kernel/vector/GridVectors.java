package dev.bitfold.kernel.vector;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Grid;
import org.jspecify.annotations.Nullable;

/**
 * Scales elements, rounds them to a grid and scales them back, in memory: {@link FloatMemory#of} of
 * the input and of the output, which may be the same. This class makes three passes; subclasses
 * make one pass for their usual cases. Call it with at most a few thousand elements, which stay in
 * the first-level cache, and with a multiple of the vector length. C2 also compiles loops of many
 * short calls best.
 */
abstract class GridVectors {
  /** The number of elements that are processed in one call. */
  static final int CHUNK = 1024;

  private static final float[] NONE = {};

  final boolean divides;
  final boolean dividesBack;
  final boolean back;

  /**
   * Makes the loops.
   *
   * @param back whether to scale back
   */
  GridVectors(boolean divides, boolean dividesBack, boolean back) {
    this.divides = divides;
    this.dividesBack = dividesBack;
    this.back = back;
  }

  /** Returns the loops of a grid; null if there are none. */
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
   * @param zeroPoint one value for each group, from index {@code g}; empty if there are none
   */
  abstract void round(Object memory, int at, int run, int count, float[] zeroPoint, int g);

  /**
   * Rounds adjacent groups of equal length.
   *
   * @param at the index of the first group's first element
   * @param run the number of elements in a group
   * @param count the number of groups
   * @param forward one value for each group, from index {@code g}. The same holds for {@code
   *     backward}, and for {@code zeroPoint} unless it is empty
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
   * Rounds elements that have scales of their own and no zero points.
   *
   * @param at the index of the first element
   * @param forward one value for each element, from index {@code g}, like {@code backward}
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
