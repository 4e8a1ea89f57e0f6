package dev.bitfold.annotations;

/** Names the number formats that {@link Quantize#bits()} cannot express. */
public enum Format {
  /** The integer or float format of {@link Quantize#bits()}. */
  BITS,
  /**
   * 4-bit NormalFloat (Dettmers et al., QLoRA, 2023): sixteen quantiles of a normal distribution.
   * {@link Quantize#bits()} stays at its default.
   */
  NF4
}
