package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Runs;
import dev.bitfold.kernel.Source;
import java.nio.IntBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Finds the largest absolute value of each group. Magnitudes compare like the integers of their
 * bits, with NaN above infinity. C2 vectorises the maximum of two non-negative integers if it is
 * written with shifts and masks. Shares that end at a group's edge write their results in place.
 * Other shares keep partial results, which are combined afterwards; the order does not affect a
 * maximum.
 */
final class AbsoluteMaxima {
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int MAX_PARTIAL = 1 << 16;

  /**
   * A run of at least this length is halved repeatedly before its values are compared one by one.
   */
  private static final int LONG_RUN = 256;

  private static final int HALVED = 64;

  /** Runs of at least this many chunks are first reduced to one chunk. */
  private static final int GATHERED = 4;

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
    } else if (count <= MAX_PARTIAL) {
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

  /** Handles adjacent elements that are in groups of their own. */
  private static void stepping(Source x, Groups groups, int from, int to, float[] maxima) {
    Scratch scratch = Scratch.mine();
    for (int start = from; start < to; start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, to - start);
      scratch.load(x, start, length);
      for (Runs runs = groups.runs(start, length); runs.next(); ) {
        System.arraycopy(maxima, runs.group(), scratch.first, 0, runs.length());
        System.arraycopy(scratch.values, runs.from(), scratch.second, 0, runs.length());
        maxInto(scratch.first, scratch.second, runs.length());
        System.arraycopy(scratch.first, 0, maxima, runs.group(), runs.length());
      }
    }
  }

  /** Handles runs of one group. */
  private static void scan(Source x, Groups groups, int from, int to, float[] maxima) {
    IntBuffer view = IntView.of(x.values());
    Scratch scratch = Scratch.mine();
    int columns = groups.columns();
    int block = groups.block();
    for (int start = from; start < to; ) {
      int row = start / columns;
      int column = start - row * columns;
      int group = Math.min(columns - column, block - column % block);
      if (Math.min(group, to - start) >= GATHERED * Scratch.CHUNK) {
        int g = groups.base(row) + column / block;
        int run = Math.min(group, to - start) / Scratch.CHUNK * Scratch.CHUNK;
        maxima[g] = Math.max(maxima[g], gathered(x, view, scratch, start, run));
        start += run;
      } else {
        int length = Math.min(Scratch.CHUNK, to - start);
        scratch.loadBits(x, view, start, length);
        chunk(scratch, groups, start, length, maxima);
        start += length;
      }
    }
  }

  /** Returns the largest magnitude of whole chunks. Each chunk raises the same running values. */
  private static float gathered(
      Source x, @Nullable IntBuffer view, Scratch scratch, int start, int length) {
    int[] running = scratch.folded;
    Arrays.fill(running, 0);
    for (int at = start; at < start + length; at += Scratch.CHUNK) {
      scratch.loadBits(x, view, at, Scratch.CHUNK);
      raise(running, scratch.bits, Scratch.CHUNK);
    }
    return Float.intBitsToFloat(largest(running, 0, Scratch.CHUNK));
  }

  private static void chunk(Scratch scratch, Groups groups, int start, int length, float[] maxima) {
    for (Runs runs = groups.runs(start, length); runs.next(); ) {
      int g = runs.group();
      maxima[g] = Math.max(maxima[g], maximum(scratch, runs.from(), runs.length()));
    }
  }

  /**
   * Finds the largest magnitude of each group in a chunk of {@link Scratch#bits}. The groups follow
   * each other.
   *
   * @param block the number of elements in a group; the last group may have fewer
   * @return the number of groups
   */
  static int ofChunk(Scratch scratch, int block, int length, float[] out) {
    int count = 0;
    for (int from = 0; from < length; from += block) {
      out[count++] = maximum(scratch, from, Math.min(block, length - from));
    }
    return count;
  }

  /**
   * Both arrays start at index 0, because C2 does not vectorise loops over arrays at different
   * offsets.
   */
  private static void maxInto(float[] out, float[] v, int length) {
    for (int i = 0; i < length; i++) {
      out[i] = Math.max(out[i], Math.abs(v[i]));
    }
  }

  /** Returns the largest magnitude in a run of {@link Scratch#bits}. */
  private static float maximum(Scratch scratch, int from, int length) {
    if (length < LONG_RUN) {
      return Float.intBitsToFloat(largest(scratch.bits, from, length));
    }
    int[] low = scratch.folded;
    int[] high = scratch.half;
    int n = length / 2;
    Arrays.fill(low, 0, n, 0);
    System.arraycopy(scratch.bits, from, high, 0, n);
    raise(low, high, n);
    System.arraycopy(scratch.bits, from + length - n, high, 0, n);
    raise(low, high, n);
    int odd = scratch.bits[from + n] & MAGNITUDE;
    while (n > HALVED) {
      int half = n / 2;
      System.arraycopy(low, n - half, high, 0, half);
      raise(low, high, half);
      n -= half;
    }
    return Float.intBitsToFloat(Math.max(odd, largest(low, 0, n)));
  }

  /** Raises magnitudes to those of {@code v}. Both arrays start at index 0, as above. */
  private static void raise(int[] magnitudes, int[] v, int length) {
    for (int i = 0; i < length; i++) {
      int difference = magnitudes[i] - (v[i] & MAGNITUDE);
      magnitudes[i] -= difference & (difference >> 31);
    }
  }

  /**
   * Returns the largest magnitude in a short run. Four independent maxima are kept, so that none
   * waits for another.
   */
  private static int largest(int[] bits, int from, int length) {
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
