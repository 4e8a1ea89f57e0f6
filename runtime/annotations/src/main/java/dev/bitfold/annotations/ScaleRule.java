package dev.bitfold.annotations;

/** How a power-of-two (E8M0) block scale is chosen from the block's amax. */
public enum ScaleRule {
  /**
   * {@code floor(log2(amax)) - emax}, the rule of the OCP Microscaling specification: values above
   * the largest of the format saturate.
   */
  FLOOR,
  /**
   * {@code ceil(log2(amax / max))}, the rule of NVIDIA ModelOpt: nothing saturates, small values
   * may lose a bit.
   */
  CEIL
}
