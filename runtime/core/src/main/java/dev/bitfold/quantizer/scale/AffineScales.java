package dev.bitfold.quantizer.scale;

import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.kernel.Scales;

/** Computes scales and zero points of affine integers. */
final class AffineScales {
  private AffineScales() {}

  /**
   * Returns the scales of ranges. Each range is first widened to hold zero: {@code low = min(min,
   * 0)}, {@code high = max(max, 0)}. Then, as in pytorch-quantization's fake_affine_tensor_quant,
   * {@code step = (high - low) / (2^n - 1)}. The zero point is {@code smallest - round(low /
   * step)}. It is a code of the format, as integer kernels and ONNX require. A range that is only
   * zero has a step of 1.
   */
  static ScaleSet ofRange(IntFormat format, float[] min, float[] max) {
    float[] step = new float[min.length];
    float[] zeroPoint = new float[min.length];
    for (int g = 0; g < step.length; g++) {
      float low = Math.min(min[g], 0f);
      float width = step(format, low, Math.max(max[g], 0f));
      zeroPoint[g] = -((float) Math.rint(low / width) - format.min());
      step[g] = finite(width, Math.max(format.max() - zeroPoint[g], zeroPoint[g] - format.min()));
    }
    return set(step, true, step, zeroPoint);
  }

  /** Returns the width of a range divided by the number of steps, even if the width overflows. */
  private static float step(IntFormat format, float low, float high) {
    if (low == 0 && high == 0) {
      return 1f;
    }
    int steps = format.max() - format.min();
    float step = (high - low) / steps;
    if (Float.isInfinite(step)) {
      step = high / steps - low / steps;
    }
    // Subnormal steps are so coarse that one rounded down would not reach from end to end.
    return step < Float.MIN_NORMAL && step * steps < high - low ? Math.nextUp(step) : step;
  }

  /**
   * Returns the step, or the largest one with which the farthest code stands for a finite value.
   */
  private static float finite(float step, float farthest) {
    float limit = Float.MAX_VALUE / farthest;
    return Math.min(step, Float.isInfinite(limit * farthest) ? Math.nextDown(limit) : limit);
  }

  /**
   * Returns the scales of a scale and a zero point (torch, fake_quantize_per_tensor_affine):
   * elements are multiplied by {@code 1 / scale}.
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
