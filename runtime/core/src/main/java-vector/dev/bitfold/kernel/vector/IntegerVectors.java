package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.FloatMemory.SPECIES;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Grid;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * Rounding to integers, half to even: clamped first, then by adding and subtracting 1.5 · 2^23. A
 * result of zero is +0, and NaN passes, since no comparison is true of it. One loop for each way of
 * scaling: a choice within a loop would keep vectors from staying in registers.
 */
final class IntegerVectors implements Loops {
  private static final float MAGIC = 12582912f;
  private static final float RANGE = 4194304f;

  private enum Kind {
    MULTIPLY_DIVIDE,
    DIVIDE_MULTIPLY,
    CODES
  }

  private final Kind kind;
  private final float min;
  private final float max;

  private IntegerVectors(Kind kind, float min, float max) {
    this.kind = kind;
    this.min = min;
    this.max = max;
  }

  /** The loops for a way of scaling, or null if there are none. */
  static @Nullable Loops of(
      Grid.Integers grid, boolean divides, boolean dividesBack, boolean back) {
    boolean quick =
        grid.rounding() == Rounding.HALF_EVEN && -grid.min() <= RANGE && grid.max() <= RANGE;
    if (!quick) {
      return null;
    }
    if (!divides) {
      return back && !dividesBack
          ? null
          : new IntegerVectors(back ? Kind.MULTIPLY_DIVIDE : Kind.CODES, grid.min(), grid.max());
    }
    return back && !dividesBack
        ? new IntegerVectors(Kind.DIVIDE_MULTIPLY, grid.min(), grid.max())
        : null;
  }

  @Override
  public void perGroup(
      Object in,
      Object out,
      long at,
      int run,
      int count,
      float[] forward,
      float[] backward,
      int g) {
    switch (kind) {
      case MULTIPLY_DIVIDE ->
          multiplyDivide(in, out, at, run, count, forward, backward, g, min, max);
      case DIVIDE_MULTIPLY ->
          divideMultiply(in, out, at, run, count, forward, backward, g, min, max);
      case CODES -> codes(in, out, at, run, count, forward, g, min, max);
    }
  }

  @Override
  public void perElement(
      Object in,
      Object out,
      long at,
      int length,
      float[] pre,
      int p,
      float[] forward,
      float[] backward,
      int g) {
    switch (kind) {
      case MULTIPLY_DIVIDE ->
          multiplyDivide(in, out, at, length, pre, p, forward, backward, g, min, max);
      case DIVIDE_MULTIPLY ->
          divideMultiply(in, out, at, length, pre, p, forward, backward, g, min, max);
      case CODES -> codes(in, out, at, length, pre, p, forward, g, min, max);
    }
  }

  private static FloatVector round(FloatVector t, float min, float max) {
    FloatVector above = t.blend(min, t.compare(VectorOperators.LT, min));
    FloatVector within = above.blend(max, above.compare(VectorOperators.GT, max));
    return within.add(MAGIC).sub(MAGIC);
  }

  private static void multiplyDivide(
      Object in,
      Object out,
      long at,
      int run,
      int count,
      float[] forward,
      float[] backward,
      int g,
      float min,
      float max) {
    long from = at;
    for (int k = 0; k < count; k++, from += run) {
      float by = forward[g + k];
      float back = backward[g + k];
      for (int i = 0; i < run; i += LANES) {
        FloatVector t = FloatMemory.load(in, from + i).mul(by);
        FloatMemory.store(round(t, min, max).div(back), out, from + i);
      }
    }
  }

  private static void divideMultiply(
      Object in,
      Object out,
      long at,
      int run,
      int count,
      float[] forward,
      float[] backward,
      int g,
      float min,
      float max) {
    long from = at;
    for (int k = 0; k < count; k++, from += run) {
      float by = forward[g + k];
      float back = backward[g + k];
      for (int i = 0; i < run; i += LANES) {
        FloatVector t = FloatMemory.load(in, from + i).div(by);
        FloatMemory.store(round(t, min, max).mul(back), out, from + i);
      }
    }
  }

  private static void codes(
      Object in,
      Object out,
      long at,
      int run,
      int count,
      float[] forward,
      int g,
      float min,
      float max) {
    long from = at;
    for (int k = 0; k < count; k++, from += run) {
      float by = forward[g + k];
      for (int i = 0; i < run; i += LANES) {
        FloatVector t = FloatMemory.load(in, from + i).mul(by);
        FloatMemory.store(round(t, min, max), out, from + i);
      }
    }
  }

  private static void multiplyDivide(
      Object in,
      Object out,
      long at,
      int length,
      float[] pre,
      int p,
      float[] forward,
      float[] backward,
      int g,
      float min,
      float max) {
    for (int i = 0; i < length; i += LANES) {
      FloatVector t =
          FloatMemory.load(in, at + i)
              .mul(FloatVector.fromArray(SPECIES, pre, p + i))
              .mul(FloatVector.fromArray(SPECIES, forward, g + i));
      FloatVector back = FloatVector.fromArray(SPECIES, backward, g + i);
      FloatMemory.store(round(t, min, max).div(back), out, at + i);
    }
  }

  private static void divideMultiply(
      Object in,
      Object out,
      long at,
      int length,
      float[] pre,
      int p,
      float[] forward,
      float[] backward,
      int g,
      float min,
      float max) {
    for (int i = 0; i < length; i += LANES) {
      FloatVector t =
          FloatMemory.load(in, at + i)
              .mul(FloatVector.fromArray(SPECIES, pre, p + i))
              .div(FloatVector.fromArray(SPECIES, forward, g + i));
      FloatVector back = FloatVector.fromArray(SPECIES, backward, g + i);
      FloatMemory.store(round(t, min, max).mul(back), out, at + i);
    }
  }

  private static void codes(
      Object in,
      Object out,
      long at,
      int length,
      float[] pre,
      int p,
      float[] forward,
      int g,
      float min,
      float max) {
    for (int i = 0; i < length; i += LANES) {
      FloatVector t =
          FloatMemory.load(in, at + i)
              .mul(FloatVector.fromArray(SPECIES, pre, p + i))
              .mul(FloatVector.fromArray(SPECIES, forward, g + i));
      FloatMemory.store(round(t, min, max), out, at + i);
    }
  }
}
