package dev.bitfold.quantizer.scale;

/** What becomes of a value beyond the largest of a float format. */
public enum Overflow {
  /** The largest, for infinities too: what quantizers do, and libtorch's E4M3. NaN stays NaN. */
  SATURATE,
  /** The largest; infinities stay, even in a format that has none: what microxcaling does. */
  SATURATE_FINITE,
  /**
   * Infinity in E5M2 and NaN in E4M3, once rounding goes beyond the largest: the OCP OFP8
   * conversion that does not saturate. Other formats have neither and saturate.
   */
  NON_FINITE
}
