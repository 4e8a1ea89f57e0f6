package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.FloatMemory.SPECIES;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Finds largest magnitudes. They are compared as the integers of their bits, which have the order
 * of the floats, with NaN above infinity. Lengths are multiples of the vector length.
 */
final class Maxima {
  private static final int MAGNITUDE = 0x7fffffff;
  private static final VectorSpecies<Integer> INTS = IntVector.SPECIES_PREFERRED;

  private Maxima() {}

  private static IntVector magnitudes(Object in, int index) {
    return FloatMemory.load(in, index).reinterpretAsInts().and(MAGNITUDE);
  }

  /** Returns the largest magnitude in a long run. */
  static float of(Object memory, int at, int length) {
    Object in = FloatMemory.part(memory, at, length);
    // Four independent maxima, so that none waits for another.
    IntVector a = IntVector.zero(INTS);
    IntVector b = IntVector.zero(INTS);
    IntVector c = IntVector.zero(INTS);
    IntVector d = IntVector.zero(INTS);
    int i = 0;
    for (; i < length - 4 * LANES + 1; i += 4 * LANES) {
      a = a.max(magnitudes(in, i));
      b = b.max(magnitudes(in, i + LANES));
      c = c.max(magnitudes(in, i + 2 * LANES));
      d = d.max(magnitudes(in, i + 3 * LANES));
    }
    for (; i < length; i += LANES) {
      a = a.max(magnitudes(in, i));
    }
    return Float.intBitsToFloat(a.max(b).max(c.max(d)).reduceLanes(VectorOperators.MAX));
  }

  /**
   * Writes the largest magnitude of each of several adjacent short runs to {@code out}, from index
   * {@code g}.
   */
  static void ofEach(Object memory, int at, int run, int count, float[] out, int g) {
    Object in = FloatMemory.part(memory, at, run * count);
    for (int k = 0, from = 0; k < count; k++, from += run) {
      IntVector largest = magnitudes(in, from);
      for (int i = LANES; i < run; i += LANES) {
        largest = largest.max(magnitudes(in, from + i));
      }
      out[g + k] = Float.intBitsToFloat(largest.reduceLanes(VectorOperators.MAX));
    }
  }

  /** Raises each value of {@code out}, from index {@code g}, to the magnitude of an element. */
  static void into(Object memory, int at, int length, float[] out, int g) {
    Object in = FloatMemory.part(memory, at, length);
    for (int i = 0; i < length; i += LANES) {
      FloatVector.fromArray(SPECIES, out, g + i)
          .reinterpretAsInts()
          .max(magnitudes(in, i))
          .reinterpretAsFloats()
          .intoArray(out, g + i);
    }
  }
}
