package dev.bitfold.exact;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.List;

/**
 * How a block's numbers and values follow from its amax, by the tables of docs/numerics.md.
 *
 * @param forward brings an element to the grid
 * @param divides whether by division
 * @param backward brings a number back
 * @param dividesBack whether by division
 */
record ExactScales(float forward, boolean divides, float backward, boolean dividesBack) {
  private static final float TINY = 0x1p-24f;
  private static final ExactGrid.Floats E4M3 = ExactGrid.Floats.of(4, 3, Rounding.HALF_EVEN);

  /** Whether an element is brought to the grid and back by this. */
  float toGrid(float x) {
    return divides ? Ieee.over(x, forward) : Ieee.times(x, forward);
  }

  float back(float number) {
    return dividesBack ? Ieee.over(number, backward) : Ieee.times(number, backward);
  }

  /** Float32 scales. */
  static ExactScales float32(QuantDescriptor descriptor, float max, float amax) {
    boolean reciprocal = descriptor.scaleRule() == ScaleRule.RECIPROCAL;
    boolean tiny = amax <= TINY;
    if (descriptor.format() instanceof IntFormat) {
      float scale = reciprocal ? byReciprocal(amax, max) : Ieee.over(max, amax);
      return new ExactScales(tiny ? 0 : scale, false, tiny ? 1 : scale, true);
    }
    if (descriptor.format() instanceof FloatFormat) {
      if (reciprocal) {
        float scale = byReciprocal(amax, max);
        boolean none = Float.isInfinite(scale);
        return new ExactScales(none ? 0 : scale, false, none ? 1 : scale, true);
      }
      float scale = byReciprocal(tiny ? 1 : amax, max);
      return new ExactScales(scale, false, Ieee.over(1, scale), false);
    }
    return new ExactScales(amax == 0 ? 1 : amax, true, amax, false);
  }

  private static float byReciprocal(float amax, float max) {
    return Ieee.times(Ieee.over(1, amax), max);
  }

  /** Powers of two: the exponent is looked for among all. */
  static ExactScales e8m0(QuantDescriptor descriptor, float max, float amax) {
    if (!Float.isFinite(amax)) {
      return new ExactScales(Float.NaN, true, Float.NaN, false);
    }
    boolean ceil = descriptor.scaleRule() == ScaleRule.CEIL;
    boolean integers = descriptor.format() instanceof IntFormat;
    int exponent;
    if (ceil) {
      float ratio = Ieee.over(amax, max);
      exponent = -127;
      while (exponent < 127 && Ratio.power(exponent).compareTo(Ratio.of(ratio)) < 0) {
        exponent++;
      }
    } else {
      int largest = integers ? 0 : floorLog2(max);
      exponent = floorLog2(amax == 0 ? Float.MIN_NORMAL : amax) - largest;
      exponent = exponent < -127 ? -127 : exponent > 127 ? 127 : exponent;
    }
    int fractionBits = integers && !ceil ? descriptor.format().bits() - 2 : 0;
    float scale = Ratio.power(exponent - fractionBits).toFloat();
    boolean zeros =
        amax == 0 || (descriptor.scaleRule() == ScaleRule.FLUSH && amax < Float.MIN_NORMAL);
    float stored = ceil && amax == 0 ? 1f : scale;
    return new ExactScales(zeros ? Float.POSITIVE_INFINITY : stored, true, stored, false);
  }

  private static int floorLog2(float x) {
    int exponent = -149;
    while (Ratio.power(exponent + 1).compareTo(Ratio.of(x)) <= 0) {
      exponent++;
    }
    return exponent;
  }

  /** E4M3 under the amax of the whole tensor. */
  static ExactScales e4m3(QuantDescriptor descriptor, float max, float amax, float global) {
    if (descriptor.scaleRule() == ScaleRule.RECIPROCAL) {
      return reciprocal(max, amax, global);
    }
    float unit = Ieee.over(global, max * 448f);
    float wanted = amax == 0 ? 0 : Ieee.over(amax, Ieee.times(max, unit));
    if (descriptor.scaleRule() == ScaleRule.FLOOR) {
      wanted = wanted == 0 ? 1 : wanted < 0x1p-9f ? 0x1p-9f : wanted;
    } else if (global == 0) {
      wanted = 0;
    }
    float scale = Ieee.times(E4M3.round(wanted, 0), unit);
    return new ExactScales(scale == 0 ? Float.POSITIVE_INFINITY : scale, true, scale, false);
  }

  private static ExactScales reciprocal(float max, float amax, float global) {
    if (amax == 0) {
      return new ExactScales(1, false, 1, false);
    }
    float perGlobal = Ieee.over(max, global);
    if (Float.isInfinite(perGlobal)) {
      // So small a tensor has no scale: zeros.
      return new ExactScales(0, false, 0, false);
    }
    Ratio perUnit = Ratio.of(448).times(Ratio.of(perGlobal));
    Ratio wanted = Ratio.of(Ieee.over(amax, max)).times(perUnit);
    float stored = E4M3.round(Ratio.of(wanted.toDouble()).toFloat(), 0);
    double exact = Ratio.of(stored).over(perUnit).toDouble();
    if (exact == 0) {
      return new ExactScales(0, false, 0, false);
    }
    float inverse = Ratio.of(Ratio.of(1).over(Ratio.of(exact)).toDouble()).toFloat();
    // An infinite factor would make NaN of a zero in the block.
    float forward = Float.isInfinite(inverse) ? Float.MAX_VALUE : inverse;
    return new ExactScales(forward, false, Ratio.of(exact).toFloat(), false);
  }

  /** Int8 scales: what each amax is stored as, all around their mean. */
  static float[] doubleQuantized(List<Float> amax, int run) {
    double sum = 0;
    for (float value : amax) {
      sum = Ratio.of(sum).plus(Ratio.of(value)).toDouble();
    }
    float mean = Ratio.of(Ratio.of(sum).over(Ratio.of((long) amax.size())).toDouble()).toFloat();
    float[] stored = new float[amax.size()];
    for (int g = 0; g < stored.length; g++) {
      int first = g / run * run;
      float largest = 0;
      for (int i = first; i < Math.min(stored.length, first + run); i++) {
        largest = Math.max(largest, Math.abs(Ieee.minus(amax.get(i), mean)));
      }
      float second = largest == 0 ? 1 : Ieee.times(Ieee.over(1, largest), 127);
      ExactGrid.Integers int8 = new ExactGrid.Integers(-127, 127, Rounding.HALF_EVEN);
      float code = int8.round(Ieee.times(Ieee.minus(amax.get(g), mean), second), 0);
      float value = Ieee.plus(Ieee.over(Float.isNaN(code) ? 0 : code, second), mean);
      stored[g] = value < 0 ? 0 : value;
    }
    return stored;
  }
}
