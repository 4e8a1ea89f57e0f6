package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Source;
import java.util.Arrays;

/**
 * The largest absolute value of each group. Magnitudes compare as the integers of their bits, with
 * NaN above infinity, and integers have a maximum that C2 vectorises. Shares that end at a group's
 * edge write their results in place; others keep partial results, which are then combined: a
 * maximum does not depend on the order.
 */
final class AbsoluteMaxima {
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int MOST_PARTIAL = 1 << 16;
  private static final int SHORT = 64;

  private final KernelThreads threads;
  private final int least;

  AbsoluteMaxima(KernelThreads threads, int least) {
    this.threads = threads;
    this.least = least;
  }

  void find(Source x, Groups groups, float[] out) {
    int count = groups.count();
    int elements = groups.elements();
    Arrays.fill(out, 0, count, 0f);
    if (groups.contiguous() && groups.block() > 1 && count > threads.count()) {
      threads.share(elements, least, groups.block(), (from, to) -> scan(x, groups, from, to, out));
    } else if (count <= MOST_PARTIAL) {
      Object merging = new Object();
      threads.share(
          elements,
          least,
          Scratch.CHUNK,
          (from, to) -> {
            float[] partial = partial(x, groups, from, to);
            synchronized (merging) {
              merge(partial, out, count);
            }
          });
    } else {
      merge(partial(x, groups, 0, elements), out, count);
    }
  }

  private static float[] partial(Source x, Groups groups, int from, int to) {
    int count = groups.count();
    float[] partial = Scratch.mine().partial(count);
    Arrays.fill(partial, 0, count, 0f);
    if (groups.block() == 1) {
      stepping(x, groups, from, to, partial);
    } else {
      scan(x, groups, from, to, partial);
    }
    return partial;
  }

  private static void merge(float[] partial, float[] out, int count) {
    for (int g = 0; g < count; g++) {
      out[g] = Math.max(out[g], partial[g]);
    }
  }

  /** Neighbours in groups of their own. */
  private static void stepping(Source x, Groups groups, int from, int to, float[] maxima) {
    Scratch scratch = Scratch.mine();
    int columns = groups.columns();
    for (int start = from; start < to; start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, to - start);
      scratch.load(x, start, length);
      for (int done = 0; done < length; ) {
        int row = (start + done) / columns;
        int column = start + done - row * columns;
        int here = Math.min(length - done, columns - column);
        maxInto(maxima, groups.base(row) + column, scratch.values, done, here);
        done += here;
      }
    }
  }

  /** Stretches of one group. */
  private static void scan(Source x, Groups groups, int from, int to, float[] maxima) {
    Scratch scratch = Scratch.mine();
    int columns = groups.columns();
    int block = groups.block();
    for (int start = from; start < to; start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, to - start);
      scratch.load(x, start, length);
      if (block < SHORT) {
        scratch.bitsOf(scratch.values, scratch.bits, length);
      }
      for (int done = 0; done < length; ) {
        int row = (start + done) / columns;
        int column = start + done - row * columns;
        int end = done + Math.min(length - done, columns - column);
        int base = groups.base(row);
        while (done < end) {
          int run = Math.min(end - done, block - column % block);
          int g = base + column / block;
          float max =
              block < SHORT
                  ? Float.intBitsToFloat(maximum(scratch.bits, done, run))
                  : maximum(scratch, done, run);
          maxima[g] = Math.max(maxima[g], max);
          done += run;
          column += run;
        }
      }
    }
  }

  /**
   * The largest magnitudes of a chunk's groups, which follow one another.
   *
   * @param block elements of a group; the last may have fewer
   * @return how many groups there are
   */
  static int ofChunk(Scratch scratch, int block, int length, float[] out) {
    if (block < SHORT) {
      scratch.bitsOf(scratch.values, scratch.bits, length);
    }
    int count = 0;
    for (int from = 0; from < length; from += block) {
      int run = Math.min(block, length - from);
      out[count++] =
          block < SHORT
              ? Float.intBitsToFloat(maximum(scratch.bits, from, run))
              : maximum(scratch, from, run);
    }
    return count;
  }

  private static void maxInto(float[] out, int at, float[] v, int from, int length) {
    for (int i = 0; i < length; i++) {
      out[at + i] = Math.max(out[at + i], Math.abs(v[from + i]));
    }
  }

  /** The largest magnitude of a run, halved again and again: C2 vectorises no reduction. */
  private static float maximum(Scratch scratch, int from, int length) {
    float[] source = scratch.values;
    float[] target = scratch.first;
    int at = from;
    int n = length;
    while (n > SHORT / 4) {
      n = halve(source, at, n, target);
      at = 0;
      float[] swap = source == scratch.values ? scratch.second : source;
      source = target;
      target = swap;
    }
    float max = 0;
    for (int i = at; i < at + n; i++) {
      max = Math.max(max, Math.abs(source[i]));
    }
    return max;
  }

  private static int halve(float[] v, int from, int length, float[] out) {
    int half = length / 2;
    int upper = from + half;
    for (int i = 0; i < half; i++) {
      out[i] = Math.max(Math.abs(v[from + i]), Math.abs(v[upper + i]));
    }
    if ((length & 1) != 0) {
      out[0] = Math.max(out[0], Math.abs(v[from + length - 1]));
    }
    return half;
  }

  /**
   * The largest magnitude of a short run, as the integers of its bits: they compare as the floats
   * do, with NaN on top, and faster. Four at a time, which do not wait for each other.
   */
  private static int maximum(int[] bits, int from, int length) {
    int a = 0;
    int b = 0;
    int c = 0;
    int d = 0;
    int i = from;
    for (int last = from + length - 3; i < last; i += 4) {
      a = Math.max(a, bits[i] & MAGNITUDE);
      b = Math.max(b, bits[i + 1] & MAGNITUDE);
      c = Math.max(c, bits[i + 2] & MAGNITUDE);
      d = Math.max(d, bits[i + 3] & MAGNITUDE);
    }
    for (; i < from + length; i++) {
      a = Math.max(a, bits[i] & MAGNITUDE);
    }
    return Math.max(Math.max(a, b), Math.max(c, d));
  }
}
