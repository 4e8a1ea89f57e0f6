package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;

import dev.bitfold.kernel.Grid;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Rounding to a float format, half to even, on the bits: a normal number rounds by carrying into
 * the bits it keeps; below the smallest normal number, where the step is constant, adding and
 * subtracting 1.5 · 2^23 steps rounds.
 */
final class FloatVectors extends GridVectors {
  private static final int SIGN = 0x80000000;
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;
  private static final int NAN = 0x7fc00000;

  private final int cut;
  private final int lowest;
  private final int max;
  private final float magic;

  FloatVectors(Grid.Floats grid, boolean divides, boolean dividesBack, boolean back) {
    super(divides, dividesBack, back);
    float normal = Math.scalb(1f, grid.minExponent());
    this.cut = 23 - grid.mantissa();
    this.lowest = Float.floatToRawIntBits(normal);
    this.max = Float.floatToRawIntBits(grid.max());
    this.magic = normal * Math.scalb(1.5f, cut);
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
      divideMultiply(in, out, at, run, count, forward, backward, g, cut, lowest, max, magic);
    } else {
      multiplyMultiply(in, out, at, run, count, forward, backward, g, cut, lowest, max, magic);
    }
  }

  @Override
  void round(Object memory, int at, int run, int count, float[] zeroPoint, int g) {
    round(memory, at, run * count, cut, lowest, max, magic);
  }

  private static FloatVector round(FloatVector t, int cut, int lowest, int max, float magic) {
    IntVector bits = t.reinterpretAsInts();
    IntVector magnitude = bits.and(MAGNITUDE);
    IntVector odd = magnitude.lanewise(VectorOperators.LSHR, cut).and(1);
    IntVector normal = magnitude.add((1 << (cut - 1)) - 1).add(odd).and(-1 << cut);
    IntVector below = magnitude.reinterpretAsFloats().add(magic).sub(magic).reinterpretAsInts();
    IntVector rounded = normal.blend(below, magnitude.compare(VectorOperators.LT, lowest)).min(max);
    return rounded
        .or(bits.and(SIGN))
        .blend(NAN, magnitude.compare(VectorOperators.GT, INFINITY))
        .reinterpretAsFloats();
  }

  private static void round(
      Object memory, int at, int length, int cut, int lowest, int max, float magic) {
    Object part = FloatMemory.part(memory, at, length);
    for (int i = 0; i < length; i += LANES) {
      FloatMemory.store(round(FloatMemory.load(part, i), cut, lowest, max, magic), part, i);
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
      int cut,
      int lowest,
      int max,
      float magic) {
    Object from = FloatMemory.part(in, at, run * count);
    Object to = FloatMemory.part(out, at, run * count);
    for (int k = 0; k < count; k++) {
      float by = forward[g + k];
      float back = backward[g + k];
      for (int i = k * run; i < (k + 1) * run; i += LANES) {
        FloatVector t = FloatMemory.load(from, i).mul(by);
        FloatMemory.store(round(t, cut, lowest, max, magic).mul(back), to, i);
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
      int cut,
      int lowest,
      int max,
      float magic) {
    Object from = FloatMemory.part(in, at, run * count);
    Object to = FloatMemory.part(out, at, run * count);
    for (int k = 0; k < count; k++) {
      float by = forward[g + k];
      float back = backward[g + k];
      for (int i = k * run; i < (k + 1) * run; i += LANES) {
        FloatVector t = FloatMemory.load(from, i).div(by);
        FloatMemory.store(round(t, cut, lowest, max, magic).mul(back), to, i);
      }
    }
  }
}
