package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.GridVectors.CHUNK;

import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;

/**
 * Rounds adjacent groups whose scales follow from their own elements. The scales of each chunk are
 * computed and used while the chunk is in the first-level cache.
 */
final class DynamicVectors {
  private static final float[] NO_ZERO_POINTS = {};

  private final GridVectors loops;
  private final Source x;
  private final int block;
  private final AmaxScaling scaling;
  private final Object in;
  private final Object to;
  private final FloatBuffer scaledValues;

  /**
   * Prepares to round.
   *
   * @param x in direct memory, like {@code out}
   * @param block the number of elements in a group, a multiple of the vector length
   */
  DynamicVectors(GridVectors loops, Source x, int block, AmaxScaling scaling, FloatBuffer out) {
    this.loops = loops;
    this.x = x;
    this.block = block;
    this.scaling = scaling;
    this.in = FloatMemory.of(x.values());
    this.to = FloatMemory.of(out);
    this.scaledValues = x.preQuantScale() == null ? x.values() : out;
  }

  /** Rounds the groups {@code from} up to {@code end}. */
  void round(int from, int end) {
    if (block > CHUNK) {
      for (int g = from; g < end; g++) {
        roundLong(g * block);
      }
      return;
    }
    Expanded own = Expanded.mine();
    int most = CHUNK / block;
    for (int g = from; g < end; g += most) {
      int count = Math.min(most, end - g);
      int at = g * block;
      Object scaled = VectorRounding.scaled(x, in, to, at, count * block);
      float[] amax = own.first;
      Maxima.ofEach(scaled, at, block, count, amax, 0);
      scales(own, at, count);
      loops.perGroup(scaled, to, at, block, count, own.forward, own.backward, NO_ZERO_POINTS, 0);
    }
  }

  /** Rounds a group of several chunks. */
  private void roundLong(int at) {
    Expanded own = Expanded.mine();
    Object scaled = in;
    float amax = 0;
    for (int i = at; i < at + block; i += CHUNK) {
      int length = Math.min(CHUNK, at + block - i);
      scaled = VectorRounding.scaled(x, in, to, i, length);
      amax = Math.max(amax, Maxima.of(scaled, i, length));
    }
    own.first[0] = amax;
    scales(own, at, 1);
    for (int i = at; i < at + block; i += CHUNK) {
      int length = Math.min(CHUNK, at + block - i);
      loops.perGroup(scaled, to, i, length, 1, own.forward, own.backward, NO_ZERO_POINTS, 0);
    }
  }

  private void scales(Expanded own, int at, int count) {
    if (scaling.finite()) {
      finite(at, count, own.first);
    }
    scaling.scales(own.first, count, own.forward, own.backward);
  }

  private void finite(int at, int count, float[] amax) {
    for (int g = 0; g < count; g++) {
      if (!Float.isFinite(amax[g])) {
        float max = 0;
        for (int i = at + g * block; i < at + (g + 1) * block; i++) {
          float magnitude = Math.min(Math.abs(scaledValues.get(i)), Float.MAX_VALUE);
          max = Float.isNaN(magnitude) ? max : Math.max(max, magnitude);
        }
        amax[g] = max;
      }
    }
  }
}
