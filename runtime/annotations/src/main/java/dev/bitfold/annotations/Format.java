package dev.bitfold.annotations;

/** A number format that {@link Quantize#bits()} cannot say. */
public enum Format {
  /** The integer or float format that {@link Quantize#bits()} says. */
  BITS,
  /**
   * 4-bit NormalFloat (Dettmers et al., QLoRA, 2023): sixteen quantiles of a normal distribution.
   * {@link Quantize#bits()} stays at its default.
   */
  NF4
}
