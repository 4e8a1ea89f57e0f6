package dev.bitfold.kernel;

/**
 * How the scale of each group follows from its own largest absolute value, so that a kernel can
 * find it while the group is still in the cache. Safe for concurrent use.
 */
public interface AmaxScaling {
  /** Whether elements are divided, as {@link Scales#divides}. */
  boolean divides();

  /** Whether codes are divided, as {@link Scales#dividesBack}. */
  boolean dividesBack();

  /**
   * Whether it is {@link QuantKernels#finiteAmax} that is asked for, where {@link
   * QuantKernels#amax} of a group is not finite.
   */
  boolean finite();

  /**
   * The scales of some groups.
   *
   * @param amax one per group, from index 0
   * @param count groups
   * @param forward to be set, one per group
   * @param backward to be set, one per group
   */
  void scales(float[] amax, int count, float[] forward, float[] backward);

  /** What {@link #scales} computes. */
  ScaleFormula formula();
}
