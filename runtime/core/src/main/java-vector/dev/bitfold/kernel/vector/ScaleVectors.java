package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.FloatMemory.SPECIES;

import jdk.incubator.vector.FloatVector;

/**
 * Multiplies or divides elements, for scales that are not applied together with the rounding. A
 * pass over a chunk costs little while the chunk is in the first-level cache. Lengths are multiples
 * of the vector length.
 */
final class ScaleVectors {
  private ScaleVectors() {}

  /**
   * Multiplies or divides adjacent groups of equal length.
   *
   * @param run the number of elements in a group
   * @param count the number of groups
   * @param by one value for each group, from index {@code g}
   */
  static void perGroup(
      boolean divides, Object in, Object out, int at, int run, int count, float[] by, int g) {
    if (divides) {
      divideGroups(in, out, at, run, count, by, g);
    } else {
      multiplyGroups(in, out, at, run, count, by, g);
    }
  }

  /**
   * Multiplies or divides elements.
   *
   * @param by one value for each element, from index {@code g}
   */
  static void perElement(
      boolean divides, Object in, Object out, int at, int length, float[] by, int g) {
    if (divides) {
      divideElements(in, out, at, length, by, g);
    } else {
      multiplyElements(in, out, at, length, by, g);
    }
  }

  private static void multiplyGroups(
      Object in, Object out, int at, int run, int count, float[] by, int g) {
    Object from = FloatMemory.part(in, at, run * count);
    Object to = FloatMemory.part(out, at, run * count);
    for (int k = 0; k < count; k++) {
      for (int i = k * run; i < (k + 1) * run; i += LANES) {
        FloatMemory.store(FloatMemory.load(from, i).mul(by[g + k]), to, i);
      }
    }
  }

  private static void divideGroups(
      Object in, Object out, int at, int run, int count, float[] by, int g) {
    Object from = FloatMemory.part(in, at, run * count);
    Object to = FloatMemory.part(out, at, run * count);
    for (int k = 0; k < count; k++) {
      for (int i = k * run; i < (k + 1) * run; i += LANES) {
        FloatMemory.store(FloatMemory.load(from, i).div(by[g + k]), to, i);
      }
    }
  }

  private static void multiplyElements(
      Object in, Object out, int at, int length, float[] by, int g) {
    Object from = FloatMemory.part(in, at, length);
    Object to = FloatMemory.part(out, at, length);
    for (int i = 0; i < length; i += LANES) {
      FloatVector factors = FloatVector.fromArray(SPECIES, by, g + i);
      FloatMemory.store(FloatMemory.load(from, i).mul(factors), to, i);
    }
  }

  private static void divideElements(Object in, Object out, int at, int length, float[] by, int g) {
    Object from = FloatMemory.part(in, at, length);
    Object to = FloatMemory.part(out, at, length);
    for (int i = 0; i < length; i += LANES) {
      FloatVector divisors = FloatVector.fromArray(SPECIES, by, g + i);
      FloatMemory.store(FloatMemory.load(from, i).div(divisors), to, i);
    }
  }
}
