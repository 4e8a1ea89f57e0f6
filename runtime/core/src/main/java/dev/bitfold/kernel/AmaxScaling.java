package dev.bitfold.kernel;

/**
 * Computes the scale of each group from the group's own largest absolute value, so that a kernel
 * can find the scale while the group is still in the cache. Safe for concurrent use.
 */
public interface AmaxScaling {
  /** Returns whether elements are divided, as {@link Scales#divides}. */
  boolean divides();

  /** Returns whether codes are divided, as {@link Scales#dividesBack}. */
  boolean dividesBack();

  /**
   * Returns whether {@link QuantKernels#finiteAmax} is used for a group whose {@link
   * QuantKernels#amax} is not finite.
   */
  boolean finite();

  /**
   * Computes the scales of some groups.
   *
   * @param amax the amax of each group, from index 0
   * @param count the number of groups
   * @param forward receives the forward scale of each group
   * @param backward receives the backward scale of each group
   */
  void scales(float[] amax, int count, float[] forward, float[] backward);

  /** Returns the formula of {@link #scales}. */
  ScaleFormula formula();
}
