package dev.bitfold.reconstruction;

/** Names the numbers that reconstructed scales may be. */
public enum ScalePrecision {
  /** Any float32 number. */
  FLOAT32 {
    @Override
    float nearest(double scale) {
      return (float) scale;
    }
  },

  /**
   * Numbers that float16 holds, too, so that a file may take 2 bytes for each scale of an affine
   * weight and lose nothing.
   */
  FLOAT16 {
    @Override
    float nearest(double scale) {
      int exponent = Math.max(Math.getExponent(scale), SMALLEST_EXPONENT);
      float half =
          (float) Math.scalb(Math.rint(Math.scalb(scale, BITS - exponent)), exponent - BITS);
      return half > LARGEST ? Float.NaN : half;
    }
  };

  private static final int BITS = 10;
  private static final int SMALLEST_EXPONENT = -14;
  private static final float LARGEST = 65504;

  /** Returns the nearest number to a scale, which may be 0; NaN if it is too large. */
  abstract float nearest(double scale);
}
