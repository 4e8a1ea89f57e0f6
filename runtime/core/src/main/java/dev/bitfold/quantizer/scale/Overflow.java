package dev.bitfold.quantizer.scale;

/** Names the ways to convert a value beyond the largest number of a float format. */
public enum Overflow {
  /** The largest number, even for infinities, as in quantizers and libtorch's E4M3. NaN stays. */
  SATURATE,
  /** The largest number. Infinities stay, even in a format that has none, as in microxcaling. */
  SATURATE_FINITE,
  /**
   * Infinity in E5M2 and NaN in E4M3, if rounding goes beyond the largest number: the conversion of
   * OCP OFP8 that does not saturate. Other formats have neither and saturate.
   */
  NON_FINITE
}
