package dev.bitfold.quantizer;

import dev.bitfold.annotations.NumberFormat.IntFormat;
import dev.bitfold.kernel.Scales;

/** Scales of symmetric formats under float32 amax. */
final class SymmetricScales {
  /** 2^-24: an amax up to here is treated as zero, as ModelOpt does. */
  static final float TINY_AMAX = 0x1p-24f;

  private SymmetricScales() {}

  /**
   * {@code max / amax}, by which elements are multiplied and codes divided. A tiny amax multiplies
   * by 0 and divides by 1.
   */
  static Scales integers(IntFormat format, float[] amax) {
    float[] forward = new float[amax.length];
    float[] backward = new float[amax.length];
    for (int g = 0; g < amax.length; g++) {
      boolean tiny = amax[g] <= TINY_AMAX;
      forward[g] = tiny ? 0f : format.max() / amax[g];
      backward[g] = tiny ? 1f : forward[g];
    }
    return new Scales(forward, false, backward, true);
  }
}
