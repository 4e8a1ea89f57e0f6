package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Runs;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Computes the gradient of a clip, chunk by chunk. If zero lies inside the range, magnitudes are
 * compared as integers, which C2 vectorises. Masks that are folded onto themselves then show which
 * elements lie outside.
 */
final class ClipLoops {
  private static final int MAGNITUDE = 0x7fffffff;
  private static final int CHUNK = QuantKernels.CHUNK;

  /** The length that the masks of a chunk are folded to, which is the number of bits of a long. */
  private static final int FOLDED = Long.SIZE;

  /** Shorter runs are compared element by element. */
  private static final int LONG_RUN = 64;

  private final FloatBuffer x;
  private final FloatBuffer gradient;
  private final FloatBuffer out;
  private final @Nullable IntBuffer bitsOfX;
  private final @Nullable IntBuffer bitsOfGradient;
  private final @Nullable IntBuffer bitsOfOut;
  private final Groups groups;
  private final float[] low;
  private final float[] high;

  ClipLoops(FloatBuffer x, FloatBuffer gradient, Groups groups, Clip clip, FloatBuffer out) {
    this.x = x;
    this.gradient = gradient;
    this.out = out;
    this.groups = groups;
    this.low = clip.low();
    this.high = clip.high();
    boolean quick = groups.block() >= LONG_RUN && around(low, high, groups.count());
    this.bitsOfX = quick ? IntView.of(x) : null;
    this.bitsOfGradient = quick ? IntView.of(gradient) : null;
    this.bitsOfOut = quick ? IntView.of(out) : null;
  }

  /** Returns whether zero lies inside every range. */
  private static boolean around(float[] low, float[] high, int count) {
    for (int g = 0; g < count; g++) {
      if (!(low[g] < 0 && high[g] > 0)) {
        return false;
      }
    }
    return true;
  }

  /** Computes a part. {@code from} is a multiple of a chunk. */
  void compute(ClipSums sums, int from, int to) {
    IntBuffer xs = bitsOfX;
    IntBuffer gradients = bitsOfGradient;
    IntBuffer outs = bitsOfOut;
    for (int start = from; start < to; start += CHUNK) {
      int length = Math.min(CHUNK, to - start);
      if (xs != null && gradients != null && outs != null) {
        masked(xs, gradients, outs, sums, start, length);
      } else {
        compared(sums, start, length);
      }
    }
  }

  private void masked(
      IntBuffer xs, IntBuffer gradients, IntBuffer outs, ClipSums sums, int start, int length) {
    Scratch scratch = Scratch.mine();
    xs.get(start, scratch.bits, 0, length);
    gradients.get(start, scratch.otherBits, 0, length);
    for (Runs runs = groups.runs(start, length); runs.next(); ) {
      mask(
          scratch.bits,
          scratch.otherBits,
          scratch.passed,
          scratch.masks,
          Float.floatToRawIntBits(-low[runs.group()]),
          Float.floatToRawIntBits(high[runs.group()]),
          runs.from(),
          runs.to());
    }
    outs.put(start, scratch.passed, 0, length);
    scratch.allInside = !outside(scratch, length);
    if (!scratch.allInside) {
      sum(scratch, sums, start, length);
    }
  }

  /**
   * Sets ones where an element is inside. Each bound is compared with the magnitudes of its sign.
   */
  private static void mask(
      int[] x, int[] gradient, int[] passed, int[] masks, int low, int high, int from, int end) {
    int differ = low ^ high;
    for (int i = from; i < end; i++) {
      int bound = high ^ (differ & (x[i] >> 31));
      int inside = ((x[i] & MAGNITUDE) - bound) >> 31;
      passed[i] = gradient[i] & inside;
      masks[i] = inside;
    }
  }

  /** Returns whether any element is outside, and sets a bit for each that is. */
  private static boolean outside(Scratch scratch, int length) {
    int[] folded = scratch.folded;
    int[] half = scratch.half;
    Arrays.fill(scratch.masks, length, CHUNK, -1);
    System.arraycopy(scratch.masks, 0, folded, 0, CHUNK / 2);
    System.arraycopy(scratch.masks, CHUNK / 2, half, 0, CHUNK / 2);
    and(folded, half, CHUNK / 2);
    for (int n = CHUNK / 4; n >= FOLDED; n /= 2) {
      System.arraycopy(folded, n, half, 0, n);
      and(folded, half, n);
    }
    boolean any = false;
    for (int w = 0; w < FOLDED; w++) {
      if (folded[w] == 0) {
        if (!any) {
          Arrays.fill(scratch.outside, 0);
          any = true;
        }
        for (int j = 0; j < CHUNK / FOLDED; j++) {
          scratch.outside[j] |= (long) (1 + scratch.masks[w + j * FOLDED]) << w;
        }
      }
    }
    return any;
  }

  private static void and(int[] out, int[] v, int length) {
    for (int i = 0; i < length; i++) {
      out[i] &= v[i];
    }
  }

  private void sum(Scratch scratch, ClipSums sums, int start, int length) {
    int next = next(scratch.outside, 0);
    for (Runs runs = groups.runs(start, length); next < length && runs.next(); ) {
      if (next < runs.to()) {
        int g = runs.group();
        for (; next < runs.to(); next = next(scratch.outside, next + 1)) {
          float value = Float.intBitsToFloat(scratch.bits[next]);
          sums.add(next - runs.from(), value, Float.intBitsToFloat(scratch.otherBits[next]), g);
        }
        sums.endRun(g);
      }
    }
  }

  /**
   * Returns the index of the first set bit from an index on; the number of bits if there is none.
   */
  private static int next(long[] bits, int from) {
    for (int j = from / FOLDED, at = from % FOLDED; j < bits.length; j++, at = 0) {
      long rest = bits[j] & (-1L << at);
      if (rest != 0) {
        return j * FOLDED + Long.numberOfTrailingZeros(rest);
      }
    }
    return bits.length * FOLDED;
  }

  private void compared(ClipSums sums, int start, int length) {
    Scratch scratch = Scratch.mine();
    float[] v = scratch.values;
    x.get(start, v, 0, length);
    gradient.get(start, scratch.first, 0, length);
    boolean each = groups.block() == 1;
    for (Runs runs = groups.runs(start, length); runs.next(); ) {
      if (each) {
        neighbours(scratch, runs.group(), sums, runs.from(), runs.to());
      } else {
        sumRun(scratch, runs.group(), sums, runs.from(), runs.to());
      }
    }
    out.put(start, scratch.second, 0, length);
    scratch.allInside = false;
  }

  private void sumRun(Scratch scratch, int g, ClipSums sums, int from, int end) {
    float[] v = scratch.values;
    float[] gradients = scratch.first;
    float lowest = low[g];
    float highest = high[g];
    boolean any = false;
    for (int i = from; i < end; i++) {
      if (v[i] > lowest && v[i] < highest) {
        scratch.second[i] = gradients[i];
      } else {
        scratch.second[i] = 0;
        sums.add(i - from, v[i], gradients[i], g);
        any = true;
      }
    }
    if (any) {
      sums.endRun(g);
    }
  }

  private void neighbours(Scratch scratch, int group, ClipSums sums, int from, int end) {
    float[] v = scratch.values;
    float[] gradients = scratch.first;
    for (int i = from; i < end; i++) {
      int g = group + i - from;
      if (v[i] > low[g] && v[i] < high[g]) {
        scratch.second[i] = gradients[i];
      } else {
        scratch.second[i] = 0;
        sums.addSingle(v[i], gradients[i], g);
      }
    }
  }
}
