package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.FloatMemory.SPECIES;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Grid;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.jspecify.annotations.Nullable;

/**
 * Rounding to a float format, half to even, on the bits: a normal number rounds by carrying into
 * the bits it keeps; below the smallest normal number, where the step is constant, adding and
 * subtracting 1.5 · 2^23 steps rounds.
 */
final class FloatVectors implements Loops {
  private static final int SIGN = 0x80000000;
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int INFINITY = 0x7f800000;
  private static final int NAN = 0x7fc00000;

  private final boolean divides;
  private final boolean dividesBack;
  private final int cut;
  private final int lowest;
  private final int max;
  private final float magic;

  private FloatVectors(Grid.Floats grid, boolean divides, boolean dividesBack) {
    this.divides = divides;
    this.dividesBack = dividesBack;
    float normal = Math.scalb(1f, grid.minExponent());
    this.cut = 23 - grid.mantissa();
    this.lowest = Float.floatToRawIntBits(normal);
    this.max = Float.floatToRawIntBits(grid.max());
    this.magic = normal * Math.scalb(1.5f, cut);
  }

  /** The loops for a way of scaling, or null if there are none. */
  static @Nullable Loops of(Grid.Floats grid, boolean divides, boolean dividesBack, boolean back) {
    return grid.effective() == Rounding.HALF_EVEN && back && !(divides && dividesBack)
        ? new FloatVectors(grid, divides, dividesBack)
        : null;
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
    if (divides) {
      divideMultiply(in, out, at, run, count, forward, backward, g, cut, lowest, max, magic);
    } else if (dividesBack) {
      multiplyDivide(in, out, at, run, count, forward, backward, g, cut, lowest, max, magic);
    } else {
      multiplyMultiply(in, out, at, run, count, forward, backward, g, cut, lowest, max, magic);
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
    if (divides) {
      divideMultiply(in, out, at, length, pre, p, forward, backward, g, cut, lowest, max, magic);
    } else if (dividesBack) {
      multiplyDivide(in, out, at, length, pre, p, forward, backward, g, cut, lowest, max, magic);
    } else {
      multiplyMultiply(in, out, at, length, pre, p, forward, backward, g, cut, lowest, max, magic);
    }
  }

  private static void multiplyMultiply(
      Object in,
      Object out,
      long at,
      int run,
      int count,
      float[] forward,
      float[] backward,
      int g,
      int cut,
      int lowest,
      int max,
      float magic) {
    long from = at;
    for (int k = 0; k < count; k++, from += run) {
      float by = forward[g + k];
      float back = backward[g + k];
      for (int i = 0; i < run; i += LANES) {
        FloatVector t = FloatMemory.load(in, from + i).mul(by);
        FloatMemory.store(round(t, cut, lowest, max, magic).mul(back), out, from + i);
      }
    }
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
      int cut,
      int lowest,
      int max,
      float magic) {
    long from = at;
    for (int k = 0; k < count; k++, from += run) {
      float by = forward[g + k];
      float back = backward[g + k];
      for (int i = 0; i < run; i += LANES) {
        FloatVector t = FloatMemory.load(in, from + i).mul(by);
        FloatMemory.store(round(t, cut, lowest, max, magic).div(back), out, from + i);
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
      int cut,
      int lowest,
      int max,
      float magic) {
    long from = at;
    for (int k = 0; k < count; k++, from += run) {
      float by = forward[g + k];
      float back = backward[g + k];
      for (int i = 0; i < run; i += LANES) {
        FloatVector t = FloatMemory.load(in, from + i).div(by);
        FloatMemory.store(round(t, cut, lowest, max, magic).mul(back), out, from + i);
      }
    }
  }

  private static void multiplyMultiply(
      Object in,
      Object out,
      long at,
      int length,
      float[] pre,
      int p,
      float[] forward,
      float[] backward,
      int g,
      int cut,
      int lowest,
      int max,
      float magic) {
    for (int i = 0; i < length; i += LANES) {
      FloatVector t =
          FloatMemory.load(in, at + i)
              .mul(FloatVector.fromArray(SPECIES, pre, p + i))
              .mul(FloatVector.fromArray(SPECIES, forward, g + i));
      FloatVector back = FloatVector.fromArray(SPECIES, backward, g + i);
      FloatMemory.store(round(t, cut, lowest, max, magic).mul(back), out, at + i);
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
      int cut,
      int lowest,
      int max,
      float magic) {
    for (int i = 0; i < length; i += LANES) {
      FloatVector t =
          FloatMemory.load(in, at + i)
              .mul(FloatVector.fromArray(SPECIES, pre, p + i))
              .mul(FloatVector.fromArray(SPECIES, forward, g + i));
      FloatVector back = FloatVector.fromArray(SPECIES, backward, g + i);
      FloatMemory.store(round(t, cut, lowest, max, magic).div(back), out, at + i);
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
      int cut,
      int lowest,
      int max,
      float magic) {
    for (int i = 0; i < length; i += LANES) {
      FloatVector t =
          FloatMemory.load(in, at + i)
              .mul(FloatVector.fromArray(SPECIES, pre, p + i))
              .div(FloatVector.fromArray(SPECIES, forward, g + i));
      FloatVector back = FloatVector.fromArray(SPECIES, backward, g + i);
      FloatMemory.store(round(t, cut, lowest, max, magic).mul(back), out, at + i);
    }
  }
}
