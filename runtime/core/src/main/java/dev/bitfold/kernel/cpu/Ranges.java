package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Runs;
import dev.bitfold.kernel.Source;
import java.util.Arrays;

/**
 * Finds smallest and largest values, and the amax of finite values. These operations are less
 * frequent, so their code is kept simple.
 */
final class Ranges {
  private static final int MAX_PARTIAL = 1 << 16;
  private static final int SHORT = 32;

  private final KernelThreads threads;
  private final int least;

  Ranges(KernelThreads threads, int least) {
    this.threads = threads;
    this.least = least;
  }

  void find(Source x, Groups groups, float[] min, float[] max) {
    int count = groups.count();
    Arrays.fill(min, 0, count, Float.POSITIVE_INFINITY);
    Arrays.fill(max, 0, count, Float.NEGATIVE_INFINITY);
    if (count > MAX_PARTIAL) {
      scan(x, groups, 0, groups.elements(), min, max);
      return;
    }
    Object merging = new Object();
    threads.share(
        groups.elements(),
        least,
        Scratch.CHUNK,
        (from, to) -> {
          float[] lower = new float[count];
          float[] upper = new float[count];
          Arrays.fill(lower, Float.POSITIVE_INFINITY);
          Arrays.fill(upper, Float.NEGATIVE_INFINITY);
          scan(x, groups, from, to, lower, upper);
          synchronized (merging) {
            for (int g = 0; g < count; g++) {
              min[g] = Math.min(min[g], lower[g]);
              max[g] = Math.max(max[g], upper[g]);
            }
          }
        });
  }

  /**
   * Computes the amax of finite values.
   *
   * @param out the amax of each group; replaced if it is not finite
   */
  void finiteAmax(Source x, Groups groups, float[] out) {
    boolean finite = true;
    for (int g = 0; g < groups.count(); g++) {
      finite &= Float.isFinite(out[g]);
    }
    if (finite) {
      return;
    }
    Arrays.fill(out, 0, groups.count(), 0f);
    Scratch scratch = Scratch.mine();
    for (int start = 0; start < groups.elements(); start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, groups.elements() - start);
      scratch.load(x, start, length);
      for (int i = 0; i < length; i++) {
        float magnitude = Math.min(Math.abs(scratch.values[i]), Float.MAX_VALUE);
        if (!Float.isNaN(magnitude)) {
          int g = groups.group(start + i);
          out[g] = Math.max(out[g], magnitude);
        }
      }
    }
  }

  private static void scan(Source x, Groups groups, int from, int to, float[] min, float[] max) {
    Scratch scratch = Scratch.mine();
    boolean each = groups.block() == 1;
    for (int start = from; start < to; start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, to - start);
      scratch.load(x, start, length);
      for (Runs runs = groups.runs(start, length); runs.next(); ) {
        int g = runs.group();
        if (each) {
          widen(scratch, runs.from(), runs.length(), min, max, g);
        } else {
          long range = range(scratch, runs.from(), runs.length());
          min[g] = Math.min(min[g], Float.intBitsToFloat((int) range));
          max[g] = Math.max(max[g], Float.intBitsToFloat((int) (range >> 32)));
        }
      }
    }
  }

  private static void widen(
      Scratch scratch, int from, int length, float[] min, float[] max, int at) {
    float[] v = scratch.second;
    float[] bound = scratch.first;
    // All arrays start at index 0, because C2 does not vectorise loops over arrays at different
    // offsets.
    System.arraycopy(scratch.values, from, v, 0, length);
    System.arraycopy(min, at, bound, 0, length);
    lower(bound, v, length);
    System.arraycopy(bound, 0, min, at, length);
    System.arraycopy(max, at, bound, 0, length);
    raise(bound, v, length);
    System.arraycopy(bound, 0, max, at, length);
  }

  private static void lower(float[] out, float[] v, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = Math.min(out[i], v[i]);
    }
  }

  private static void raise(float[] out, float[] v, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = Math.max(out[i], v[i]);
    }
  }

  /**
   * Returns the bits of the largest value in the upper half, and those of the smallest in the
   * lower.
   */
  private static long range(Scratch scratch, int from, int length) {
    float[] low = scratch.first;
    float[] high = scratch.second;
    System.arraycopy(scratch.values, from, low, 0, length);
    float min = low[length - 1];
    float max = min;
    int n = length / 2;
    if (n > SHORT) {
      System.arraycopy(low, n, high, 0, n);
      System.arraycopy(low, 0, scratch.third, 0, n);
      lower(low, high, n);
      raise(high, scratch.third, n);
    } else {
      System.arraycopy(low, 0, high, 0, length);
      n = length;
    }
    for (int i = 0; i < n; i++) {
      min = Math.min(min, low[i]);
      max = Math.max(max, high[i]);
    }
    return ((long) Float.floatToRawIntBits(max) << 32)
        | Integer.toUnsignedLong(Float.floatToRawIntBits(min));
  }
}
