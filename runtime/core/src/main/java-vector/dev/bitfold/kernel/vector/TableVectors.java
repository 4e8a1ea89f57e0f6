package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.FloatMemory.SPECIES;

import dev.bitfold.kernel.Grid;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Finds the nearest of a table's sixteen values. Each value replaces the one before it from its
 * bound on.
 */
final class TableVectors extends GridVectors {
  TableVectors(boolean divides, boolean dividesBack, boolean back) {
    super(divides, dividesBack, back);
  }

  @Override
  void round(Object memory, int at, int run, int count, float[] zeroPoint, int g) {
    nearest(memory, at, run * count);
  }

  private static void nearest(Object memory, int at, int length) {
    Object part = FloatMemory.part(memory, at, length);
    for (int i = 0; i < length; i += LANES) {
      FloatVector t = FloatMemory.load(part, i);
      FloatVector value = FloatVector.broadcast(SPECIES, Grid.Table.value(0));
      // Not a loop, because vectors would not stay in registers.
      value = next(next(next(next(next(value, t, 1), t, 2), t, 3), t, 4), t, 5);
      value = next(next(next(next(next(value, t, 6), t, 7), t, 8), t, 9), t, 10);
      value = next(next(next(next(next(value, t, 11), t, 12), t, 13), t, 14), t, 15);
      FloatMemory.store(value.blend(t, t.compare(VectorOperators.NE, t)), part, i);
    }
  }

  private static FloatVector next(FloatVector value, FloatVector t, int code) {
    return value.blend(
        Grid.Table.value(code), t.compare(VectorOperators.GE, Grid.Table.bound(code)));
  }
}
