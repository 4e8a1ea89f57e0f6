package dev.bitfold.reconstruction;

import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.tensor.DenseFloats;

/**
 * Holds the step between adjacent integers, or what a number of another format is multiplied by,
 * and the zero point, for each scale of a weight.
 */
final class Steps {
  /** For each scale, above 0. */
  private final float[] size;

  /** For each scale; 0 if the weight is not affine. */
  private final int[] zeroPoint;

  private final ScalePrecision precision;

  Steps(float[] size, int[] zeroPoint, ScalePrecision precision) {
    this.size = size;
    this.zeroPoint = zeroPoint;
    this.precision = precision;
  }

  ScalePrecision precision() {
    return precision;
  }

  float[] size() {
    return size;
  }

  int[] zeroPoint() {
    return zeroPoint;
  }

  Steps copy() {
    return new Steps(size.clone(), zeroPoint.clone(), precision);
  }

  /**
   * Returns the amax or the range from which a quantizer computes these steps.
   *
   * @param shape the shape of the scales
   */
  CalibratedScale scale(QuantDescriptor descriptor, long[] shape) {
    if (!descriptor.affine()) {
      double largest = Lattice.of(descriptor).largest();
      float[] amax = new float[size.length];
      for (int g = 0; g < amax.length; g++) {
        amax[g] = (float) (size[g] * largest);
      }
      return new CalibratedScale.Amax(DenseFloats.array(amax, shape));
    }
    IntFormat integers = descriptor.format().integers().orElseThrow();
    float[] min = new float[size.length];
    float[] max = new float[size.length];
    for (int g = 0; g < min.length; g++) {
      min[g] = (float) ((integers.min() - zeroPoint[g]) * (double) size[g]);
      max[g] = (float) ((integers.max() - zeroPoint[g]) * (double) size[g]);
    }
    return new CalibratedScale.Range(DenseFloats.array(min, shape), DenseFloats.array(max, shape));
  }
}
