package dev.bitfold.kernel.vector;

/**
 * One way to scale, round and scale back, on memory: {@link FloatMemory#of} of the input and of the
 * output, which may be the same. Lengths are multiples of a vector's.
 */
interface Loops {
  /**
   * Neighbouring groups of equal length.
   *
   * @param at the index of the first group's first element
   * @param run elements of a group
   * @param count groups
   * @param forward one per group, from {@code g}; so is {@code backward}
   */
  void perGroup(
      Object in, Object out, long at, int run, int count, float[] forward, float[] backward, int g);

  /**
   * Elements with scales of their own.
   *
   * @param at the index of the first element
   * @param pre factors before all else, one per element from {@code p}
   * @param forward one per element, from {@code g}; so is {@code backward}
   */
  void perElement(
      Object in,
      Object out,
      long at,
      int length,
      float[] pre,
      int p,
      float[] forward,
      float[] backward,
      int g);
}
