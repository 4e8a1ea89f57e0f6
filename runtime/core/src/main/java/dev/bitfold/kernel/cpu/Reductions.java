package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Source;
import java.util.Arrays;

/**
 * The largest value of each group. Shares that end at a group's edge write their results in place;
 * others keep partial results, which are then combined: a maximum does not depend on the order.
 */
final class Reductions {
  /** What is maximised. The smallest value is found as the largest of the negated. */
  enum Of {
    ABSOLUTE,
    /** The absolute values, NaN as 0 and infinity as the largest float. */
    FINITE,
    VALUE,
    NEGATED
  }

  private static final int MOST_PARTIAL = 1 << 16;
  private static final int SHORT = 16;

  private final KernelThreads threads;
  private final int least;

  Reductions(KernelThreads threads, int least) {
    this.threads = threads;
    this.least = least;
  }

  void max(Source x, Groups groups, Of of, float[] out) {
    int count = groups.count();
    float lowest = of == Of.ABSOLUTE || of == Of.FINITE ? 0f : Float.NEGATIVE_INFINITY;
    Arrays.fill(out, 0, count, lowest);
    if (groups.contiguous() && count > threads.count()) {
      threads.share(
          groups.elements(),
          least,
          groups.block(),
          (from, to) -> scan(x, groups, of, from, to, out));
    } else if (count <= MOST_PARTIAL) {
      Object merging = new Object();
      threads.share(
          groups.elements(),
          least,
          Scratch.CHUNK,
          (from, to) -> {
            float[] partial = Scratch.mine().partial(count);
            Arrays.fill(partial, 0, count, lowest);
            scan(x, groups, of, from, to, partial);
            synchronized (merging) {
              for (int g = 0; g < count; g++) {
                out[g] = Math.max(out[g], partial[g]);
              }
            }
          });
    } else {
      scan(x, groups, of, 0, groups.elements(), out);
    }
  }

  private static void scan(Source x, Groups groups, Of of, int from, int to, float[] out) {
    Scratch scratch = Scratch.mine();
    float[] v = scratch.values;
    int columns = groups.columns();
    int block = groups.block();
    for (int start = from; start < to; start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, to - start);
      scratch.load(x, start, length);
      prepare(v, length, of);
      int done = 0;
      while (done < length) {
        int row = (start + done) / columns;
        int column = start + done - row * columns;
        int here = Math.min(length - done, columns - column);
        int base = groups.base(row);
        if (block == 1) {
          maxInto(out, base + column, v, done, here);
        } else {
          for (int end = done + here, at = done, c = column; at < end; ) {
            int run = Math.min(end - at, block - c % block);
            int g = base + c / block;
            out[g] = Math.max(out[g], maximum(v, scratch.first, scratch.second, at, run));
            at += run;
            c += run;
          }
        }
        done += here;
      }
    }
  }

  private static void prepare(float[] v, int length, Of of) {
    if (of == Of.ABSOLUTE) {
      for (int i = 0; i < length; i++) {
        v[i] = Math.abs(v[i]);
      }
    } else if (of == Of.FINITE) {
      for (int i = 0; i < length; i++) {
        v[i] = Float.isNaN(v[i]) ? 0f : Math.min(Math.abs(v[i]), Float.MAX_VALUE);
      }
    } else if (of == Of.NEGATED) {
      for (int i = 0; i < length; i++) {
        v[i] = -v[i];
      }
    }
  }

  private static void maxInto(float[] out, int at, float[] v, int from, int length) {
    for (int i = 0; i < length; i++) {
      out[at + i] = Math.max(out[at + i], v[from + i]);
    }
  }

  /** The maximum of a run, halved again and again: C2 vectorises no reduction of floats. */
  private static float maximum(float[] v, float[] a, float[] b, int from, int length) {
    if (length <= SHORT) {
      return maximum(v, from, length);
    }
    int n = halve(v, from, length, a);
    float[] source = a;
    float[] target = b;
    while (n > SHORT) {
      n = halve(source, 0, n, target);
      float[] swap = source;
      source = target;
      target = swap;
    }
    return maximum(source, 0, n);
  }

  private static int halve(float[] v, int from, int length, float[] out) {
    int half = length / 2;
    int upper = from + half;
    for (int i = 0; i < half; i++) {
      out[i] = Math.max(v[from + i], v[upper + i]);
    }
    if ((length & 1) != 0) {
      out[0] = Math.max(out[0], v[from + length - 1]);
    }
    return half;
  }

  private static float maximum(float[] v, int from, int length) {
    float max = v[from];
    for (int i = 1; i < length; i++) {
      max = Math.max(max, v[from + i]);
    }
    return max;
  }
}
