package dev.bitfold.exact;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.ArrayList;
import java.util.List;

/** Quantizes one tensor as docs/numerics.md says. */
final class ExactQuantizer {
  /**
   * What a quantizer gives.
   *
   * @param values fake-quantized
   * @param codes numbers of the format
   */
  record Result(List<Float> values, List<Float> codes) {}

  private final QuantDescriptor descriptor;
  private final ExactGrid grid;

  ExactQuantizer(QuantDescriptor descriptor) {
    this.descriptor = descriptor;
    this.grid = grid(descriptor);
  }

  static ExactGrid grid(QuantDescriptor d) {
    if (d.format() instanceof IntFormat) {
      int bits = d.format().bits();
      int codes = 1 << bits;
      int max = d.unsigned() ? codes - 1 : codes / 2 - 1;
      boolean symmetric = d.narrowRange() || d.scaleBits().equals(List.of(8, 0));
      int min = d.unsigned() ? 0 : symmetric ? -max : -max - 1;
      return new ExactGrid.Integers(min, max, d.rounding());
    }
    return d.format() instanceof FloatFormat f
        ? ExactGrid.Floats.of(f.exponent(), f.mantissa(), d.rounding())
        : ExactGrid.Table.nf4();
  }

  /** The largest number of the format. */
  float max() {
    return grid.max();
  }

  /**
   * The amax of each group, as scales see it.
   *
   * @param group of each element
   */
  List<Float> amax(float[] x, int[] group, int groups) {
    boolean finite =
        descriptor.scaleRule() == ScaleRule.CEIL
            || (descriptor.scaleRule() == ScaleRule.RECIPROCAL
                && descriptor.scaleBits().equals(List.of(4, 3)));
    List<Float> amax = new ArrayList<>();
    for (int g = 0; g < groups; g++) {
      float largest = 0;
      for (int i = 0; i < x.length; i++) {
        if (group[i] == g) {
          float magnitude = x[i] < 0 ? -x[i] : x[i];
          if (Float.isNaN(magnitude)) {
            largest = finite ? largest : Float.NaN;
          } else if (magnitude > largest) {
            largest = finite && Float.isInfinite(magnitude) ? Float.MAX_VALUE : magnitude;
          }
        }
      }
      amax.add(largest);
    }
    return amax;
  }

  /**
   * The result.
   *
   * @param amax of each group
   * @param global of the whole tensor, for E4M3 scales
   */
  Result quantize(float[] x, int[] group, List<Float> amax, float global) {
    List<Float> own = descriptor.scaleBits().equals(List.of(4, 3)) ? amax : scaled(amax);
    List<ExactScales> scales = new ArrayList<>();
    if (descriptor.scaleBits().equals(List.of(8))) {
      int run =
          descriptor.scaleBlockSizes().isEmpty()
              ? own.size()
              : descriptor.scaleBlockSizes().get(0).size();
      float[] stored = ExactScales.doubleQuantized(own, Math.min(run, own.size()));
      for (int g = 0; g < stored.length; g++) {
        ExactScales backward = ExactScales.float32(descriptor, max(), stored[g]);
        ExactScales forward =
            grid instanceof ExactGrid.Table
                ? ExactScales.float32(descriptor, max(), own.get(g))
                : backward;
        scales.add(
            new ExactScales(
                forward.forward(), forward.divides(), backward.backward(), backward.dividesBack()));
      }
    } else {
      for (float value : own) {
        scales.add(scales(value, global));
      }
    }
    List<Float> values = new ArrayList<>();
    List<Float> codes = new ArrayList<>();
    for (int i = 0; i < x.length; i++) {
      ExactScales scale = scales.get(group[i]);
      float code = grid.round(scale.toGrid(x[i]), 0);
      codes.add(code);
      values.add(scale.back(code));
    }
    return new Result(values, codes);
  }

  private ExactScales scales(float amax, float global) {
    if (descriptor.scaleBits().isEmpty()) {
      return ExactScales.float32(descriptor, max(), amax);
    }
    return descriptor.scaleBits().equals(List.of(8, 0))
        ? ExactScales.e8m0(descriptor, max(), amax)
        : ExactScales.e4m3(descriptor, max(), amax, scaled(List.of(global)).get(0));
  }

  /** Times {@code scaleAmax}, within float32. */
  private List<Float> scaled(List<Float> amax) {
    float factor = descriptor.scaleAmax();
    return amax.stream()
        .map(
            value -> {
              float product = Ieee.times(value, factor);
              return Float.isInfinite(product) && Float.isFinite(value) ? Float.MAX_VALUE : product;
            })
        .toList();
  }

  /**
   * An affine quantizer with a scale and a zero point (torch): {@code clamp(round(x * (1 / scale))
   * + zero point)}.
   */
  Result affineOfScale(float[] x, float scale, float zeroPoint) {
    float inverse = Ieee.over(1, scale);
    List<Float> values = new ArrayList<>();
    List<Float> codes = new ArrayList<>();
    for (float value : x) {
      float code = grid.round(Ieee.times(value, inverse), zeroPoint);
      codes.add(code);
      values.add(Ieee.times(Ieee.minus(code, zeroPoint), scale));
    }
    return new Result(values, codes);
  }

  /**
   * An affine quantizer with a range around zero (pytorch-quantization): {@code step = (max - min)
   * / (2^n - 1)}, zero point {@code smallest - round(min / step)}.
   */
  Result affineOfRange(float[] x, float min, float max) {
    ExactGrid.Integers integers = (ExactGrid.Integers) grid;
    ExactGrid.Integers all =
        new ExactGrid.Integers(Integer.MIN_VALUE, Integer.MAX_VALUE, Rounding.HALF_EVEN);
    float steps = integers.top() - integers.min();
    float step = Ieee.over(Ieee.minus(max, min), steps);
    float zeroPoint = Ieee.minus(integers.min(), all.round(Ieee.over(min, step), 0));
    List<Float> values = new ArrayList<>();
    List<Float> codes = new ArrayList<>();
    for (float value : x) {
      float code = grid.round(Ieee.over(value, step), zeroPoint);
      codes.add(code);
      values.add(Ieee.times(Ieee.minus(code, zeroPoint), step));
    }
    return new Result(values, codes);
  }
}
