package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;

import dev.bitfold.kernel.Grid;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rounds to a float format, half to even, by adding and subtracting 1.5 · 2^23 steps. The step
 * follows from the exponent; below the smallest normal number, it follows from the exponent of that
 * number.
 */
final class FloatVectors extends GridVectors {
  private static final int SIGN = 0x80000000;
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;
  private static final int NAN = 0x7fc00000;
  private static final int ONE = 0x3f800000;

  private final int lowest;
  private final int max;
  private final int factor;

  FloatVectors(Grid.Floats grid, boolean divides, boolean dividesBack, boolean back) {
    super(divides, dividesBack, back);
    this.lowest = Float.floatToRawIntBits(Math.scalb(1f, grid.minExponent()));
    this.max = Float.floatToRawIntBits(grid.max());
    // Adding this to the bits of a power of two multiplies the power.
    this.factor = Float.floatToRawIntBits(Math.scalb(1.5f, 23 - grid.mantissa())) - ONE;
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
    if (!back || dividesBack) {
      super.perGroup(in, out, at, run, count, forward, backward, zeroPoint, g);
    } else if (divides) {
      divideMultiply(in, out, at, run, count, forward, backward, g, lowest, max, factor);
    } else {
      multiplyMultiply(in, out, at, run, count, forward, backward, g, lowest, max, factor);
    }
  }

  @Override
  void round(Object memory, int at, int run, int count, float[] zeroPoint, int g) {
    round(memory, at, run * count, lowest, max, factor);
  }

  private static FloatVector round(FloatVector t, int lowest, int max, int factor) {
    IntVector bits = t.reinterpretAsInts();
    IntVector magnitude = bits.and(MAGNITUDE);
    IntVector bounded = magnitude.min(max);
    FloatVector steps = bounded.and(INFINITY).max(lowest).add(factor).reinterpretAsFloats();
    FloatVector rounded = bounded.reinterpretAsFloats().add(steps).sub(steps);
    return rounded
        .reinterpretAsInts()
        .or(bits.and(SIGN))
        .blend(NAN, magnitude.compare(VectorOperators.GT, INFINITY))
        .reinterpretAsFloats();
  }

  private static void round(Object memory, int at, int length, int lowest, int max, int factor) {
    Object part = FloatMemory.part(memory, at, length);
    for (int i = 0; i < length; i += LANES) {
      FloatMemory.store(round(FloatMemory.load(part, i), lowest, max, factor), part, i);
    }
  }

  private static void multiplyMultiply(
      Object in,
      Object out,
      int at,
      int run,
      int count,
      float[] forward,
      float[] backward,
      int g,
      int lowest,
      int max,
      int factor) {
    Object from = FloatMemory.part(in, at, run * count);
    Object to = FloatMemory.part(out, at, run * count);
    for (int k = 0; k < count; k++) {
      float by = forward[g + k];
      float back = backward[g + k];
      for (int i = k * run; i < (k + 1) * run; i += LANES) {
        FloatVector t = FloatMemory.load(from, i).mul(by);
        FloatMemory.store(round(t, lowest, max, factor).mul(back), to, i);
      }
    }
  }

  private static void divideMultiply(
      Object in,
      Object out,
      int at,
      int run,
      int count,
      float[] forward,
      float[] backward,
      int g,
      int lowest,
      int max,
      int factor) {
    Object from = FloatMemory.part(in, at, run * count);
    Object to = FloatMemory.part(out, at, run * count);
    for (int k = 0; k < count; k++) {
      float by = forward[g + k];
      float back = backward[g + k];
      for (int i = k * run; i < (k + 1) * run; i += LANES) {
        FloatVector t = FloatMemory.load(from, i).div(by);
        FloatMemory.store(round(t, lowest, max, factor).mul(back), to, i);
      }
    }
  }
}
