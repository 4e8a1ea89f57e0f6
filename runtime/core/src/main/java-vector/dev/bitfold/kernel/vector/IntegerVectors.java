package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.FloatMemory.SPECIES;

import dev.bitfold.kernel.Grid;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rounds to integers, half to even, by clamping and then adding and subtracting 1.5 · 2^23. A
 * result of zero is +0. NaN passes, because no comparison with NaN is true. Zero points move the
 * bounds, so they are not added.
 */
final class IntegerVectors extends GridVectors {
  private static final float MAGIC = 12582912f;
  private static final float RANGE = 4194304f;

  private final boolean usual;
  private final float min;
  private final float max;

  IntegerVectors(Grid.Integers grid, boolean divides, boolean dividesBack, boolean back) {
    super(divides, dividesBack, back);
    this.usual = !divides && dividesBack && back;
    this.min = grid.min();
    this.max = grid.max();
  }

  /** Returns whether the bounds are small enough for this rounding. */
  static boolean inRange(Grid.Integers grid) {
    return Math.max(Math.abs((float) grid.min()), Math.abs((float) grid.max())) <= RANGE;
  }

  /** Returns whether the bounds, moved by the zero points, are small enough for this rounding. */
  static boolean inRange(Grid grid, float[] zeroPoint) {
    boolean none = zeroPoint.length == 0;
    return grid.match(integers -> inRange(integers, zeroPoint), floats -> none, table -> none);
  }

  private static boolean inRange(Grid.Integers integers, float[] zeroPoint) {
    float most = Math.max(Math.abs((float) integers.min()), Math.abs((float) integers.max()));
    for (float zero : zeroPoint) {
      if (!(most + Math.abs(zero) <= RANGE)) {
        return false;
      }
    }
    return true;
  }

  @Override
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
    if (usual && zeroPoint.length == 0) {
      multiplyDivide(in, out, at, run, count, forward, backward, g, min, max);
    } else {
      super.perGroup(in, out, at, run, count, forward, backward, zeroPoint, g);
    }
  }

  @Override
  void perElement(
      Object in, Object out, int at, int length, float[] forward, float[] backward, int g) {
    if (usual) {
      multiplyDivide(in, out, at, length, forward, backward, g, min, max);
    } else {
      super.perElement(in, out, at, length, forward, backward, g);
    }
  }

  @Override
  void round(Object memory, int at, int run, int count, float[] zeroPoint, int g) {
    for (int k = 0; k < count; k++) {
      float zero = zeroPoint.length == 0 ? 0 : zeroPoint[g + k];
      round(memory, at + k * run, run, min - zero, max - zero, back ? 0 : zero);
    }
  }

  private static FloatVector round(FloatVector t, float min, float max) {
    FloatVector above = t.blend(min, t.compare(VectorOperators.LT, min));
    FloatVector within = above.blend(max, above.compare(VectorOperators.GT, max));
    return within.add(MAGIC).sub(MAGIC);
  }

  private static void round(
      Object memory, int at, int length, float min, float max, float zeroPoint) {
    Object part = FloatMemory.part(memory, at, length);
    for (int i = 0; i < length; i += LANES) {
      FloatMemory.store(round(FloatMemory.load(part, i), min, max).add(zeroPoint), part, i);
    }
  }

  private static void multiplyDivide(
      Object in,
      Object out,
      int at,
      int run,
      int count,
      float[] forward,
      float[] backward,
      int g,
      float min,
      float max) {
    Object from = FloatMemory.part(in, at, run * count);
    Object to = FloatMemory.part(out, at, run * count);
    for (int k = 0; k < count; k++) {
      float by = forward[g + k];
      float over = backward[g + k];
      for (int i = k * run; i < (k + 1) * run; i += LANES) {
        FloatVector t = FloatMemory.load(from, i).mul(by);
        FloatMemory.store(round(t, min, max).div(over), to, i);
      }
    }
  }

  private static void multiplyDivide(
      Object in,
      Object out,
      int at,
      int length,
      float[] forward,
      float[] backward,
      int g,
      float min,
      float max) {
    Object from = FloatMemory.part(in, at, length);
    Object to = FloatMemory.part(out, at, length);
    for (int i = 0; i < length; i += LANES) {
      FloatVector by = FloatVector.fromArray(SPECIES, forward, g + i);
      FloatVector over = FloatVector.fromArray(SPECIES, backward, g + i);
      FloatMemory.store(round(FloatMemory.load(from, i).mul(by), min, max).div(over), to, i);
    }
  }
}
