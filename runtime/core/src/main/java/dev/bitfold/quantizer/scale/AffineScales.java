package dev.bitfold.quantizer.scale;

import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.kernel.Scales;

/** Scales and zero points of affine integers. */
final class AffineScales {
  private AffineScales() {}

  /**
   * From a range (pytorch-quantization, fake_affine_tensor_quant): {@code step = (max - min) / (2^n
   * - 1)}, zero point {@code smallest - round(min / step)}. The zero point may lie outside of the
   * format, so that a range far from zero keeps its precision. A range without width gives NaN.
   */
  static ScaleSet ofRange(IntFormat format, float[] min, float[] max) {
    float[] step = new float[min.length];
    for (int g = 0; g < step.length; g++) {
      step[g] = min[g] == max[g] ? 0f : step(format, min[g], max[g]);
    }
    return ofSteps(format, min, step);
  }

  /**
   * The width of a range by the steps in it: of one so wide or narrow that float32 has no such
   * number, the nearest that it has.
   */
  private static float step(IntFormat format, float min, float max) {
    int steps = format.max() - format.min();
    float step = (max - min) / steps;
    if (Float.isInfinite(step)) {
      return max / steps - min / steps;
    }
    return step == 0 ? Float.MIN_VALUE : step;
  }

  /**
   * From the range of the values themselves: as {@link #ofRange}, but values that are all the same
   * are kept as they are.
   */
  static ScaleSet ofValues(IntFormat format, float[] min, float[] max) {
    float[] step = new float[min.length];
    for (int g = 0; g < step.length; g++) {
      step[g] =
          min[g] != max[g] ? step(format, min[g], max[g]) : min[g] == 0 ? 1f : Math.abs(min[g]);
    }
    return ofSteps(format, min, step);
  }

  private static ScaleSet ofSteps(IntFormat format, float[] min, float[] step) {
    float[] zeroPoint = new float[min.length];
    for (int g = 0; g < step.length; g++) {
      zeroPoint[g] = -((float) Math.rint(min[g] / step[g]) - format.min());
    }
    return set(step, true, step, zeroPoint);
  }

  /**
   * From a scale and a zero point (torch, fake_quantize_per_tensor_affine): elements are multiplied
   * by {@code 1 / scale}.
   */
  static ScaleSet ofZeroPoint(float[] scale, float[] zeroPoint) {
    float[] inverse = new float[scale.length];
    for (int g = 0; g < inverse.length; g++) {
      inverse[g] = 1f / scale[g];
    }
    return set(inverse, false, scale, zeroPoint);
  }

  private static ScaleSet set(
      float[] forward, boolean divides, float[] backward, float[] zeroPoint) {
    return new ScaleSet(
        new Scales(forward, divides, backward, false, zeroPoint),
        new StoredScales.Floats(backward, false));
  }
}
