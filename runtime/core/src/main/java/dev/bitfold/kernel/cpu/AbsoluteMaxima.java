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
        int at = groups.base(row) + column;
        System.arraycopy(maxima, at, scratch.first, 0, here);
        System.arraycopy(scratch.values, done, scratch.second, 0, here);
        maxInto(scratch.first, scratch.second, here);
        System.arraycopy(scratch.first, 0, maxima, at, here);
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
                  : run < SHORT ? shortRun(scratch.values, done, run) : maximum(scratch, done, run);
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

  /** Both from index 0: C2 vectorises no loop over arrays from different offsets. */
  private static void maxInto(float[] out, float[] v, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = Math.max(out[i], Math.abs(v[i]));
    }
  }

  /** The largest magnitude of a run, halved a few times and then looked through. */
  private static float maximum(Scratch scratch, int from, int length) {
    float[] low = scratch.first;
    float[] high = scratch.second;
    int n = length / 2;
    System.arraycopy(scratch.values, from, low, 0, n);
    System.arraycopy(scratch.values, from + n, high, 0, length - n);
    float odd = Math.abs(high[length - n - 1]);
    maxMagnitudes(low, high, n);
    while (n > SHORT) {
      int half = n / 2;
      System.arraycopy(low, n - half, high, 0, half);
      maxInto(low, high, half);
      n -= half;
    }
    return Math.max(odd, largest(low, n));
  }

  private static void maxMagnitudes(float[] out, float[] v, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = Math.max(Math.abs(out[i]), Math.abs(v[i]));
    }
  }

  private static float shortRun(float[] v, int from, int length) {
    float max = 0;
    for (int i = from; i < from + length; i++) {
      max = Math.max(max, Math.abs(v[i]));
    }
    return max;
  }

  private static float largest(float[] v, int length) {
    float a = 0;
    float b = 0;
    float c = 0;
    float d = 0;
    int i = 0;
    for (; i < length - 3; i += 4) {
      a = Math.max(a, v[i]);
      b = Math.max(b, v[i + 1]);
      c = Math.max(c, v[i + 2]);
      d = Math.max(d, v[i + 3]);
    }
    for (; i < length; i++) {
      a = Math.max(a, v[i]);
    }
    return Math.max(Math.max(a, b), Math.max(c, d));
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
