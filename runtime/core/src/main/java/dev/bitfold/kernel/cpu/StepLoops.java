package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Runs;
import java.nio.FloatBuffer;

/**
 * Computes the part of a learned step's gradient that comes from rounding, chunk by chunk, from the
 * gradient that has passed the clip. C2 vectorises the loops except for the sums. {@link ClipLoops}
 * must run first on the same chunk, because it determines whether anything is outside.
 */
final class StepLoops implements ClipSums.Part {
  // 1.5 · 2^23. Adding it leaves no bits for a fraction, and so rounds half to even.
  private static final float WHOLE = 12582912f;

  private final Groups groups;
  private final float[] low;
  private final float[] high;
  private final float[] step;
  private final FloatBuffer x;
  private final FloatBuffer passed;

  StepLoops(Groups groups, Clip clip, float[] step, FloatBuffer x, FloatBuffer passed) {
    this.groups = groups;
    this.low = clip.low();
    this.high = clip.high();
    this.step = step;
    this.x = x;
    this.passed = passed;
  }

  /** Computes a chunk. {@code from} is a multiple of the chunk length. */
  @Override
  public void compute(ClipSums sums, int from, int to) {
    Scratch scratch = Scratch.mine();
    int length = to - from;
    x.get(from, scratch.values, 0, length);
    passed.get(from, scratch.first, 0, length);
    boolean each = groups.block() == 1;
    for (Runs runs = groups.runs(from, length); runs.next(); ) {
      if (each) {
        neighbours(scratch, runs.group(), sums, runs.from(), runs.to());
      } else {
        sumRun(scratch, runs.group(), sums, runs.from(), runs.to());
      }
    }
  }

  private void sumRun(Scratch scratch, int g, ClipSums sums, int from, int end) {
    if (scratch.allInside) {
      errors(scratch.values, scratch.second, step[g], from, end);
    } else {
      errors(scratch.values, scratch.second, low[g], high[g], step[g], from, end);
    }
    sum(scratch.first, scratch.second, sums.turnsInside(), from, end);
    sums.endInside(g);
  }

  private static void errors(
      float[] v, float[] errors, float low, float high, float step, int from, int end) {
    for (int i = from; i < end; i++) {
      float s = Math.max(Math.min(v[i], high), low) / step;
      errors[i] = s + WHOLE - WHOLE - s;
    }
  }

  private static void errors(float[] v, float[] errors, float step, int from, int end) {
    for (int i = from; i < end; i++) {
      float s = v[i] / step;
      errors[i] = s + WHOLE - WHOLE - s;
    }
  }

  private static void sum(float[] passed, float[] errors, double[] turns, int from, int end) {
    double s0 = 0;
    double s1 = 0;
    double s2 = 0;
    double s3 = 0;
    double s4 = 0;
    double s5 = 0;
    double s6 = 0;
    double s7 = 0;
    int i = from;
    for (; i <= end - QuantKernels.TURNS; i += QuantKernels.TURNS) {
      s0 += (double) passed[i] * errors[i];
      s1 += (double) passed[i + 1] * errors[i + 1];
      s2 += (double) passed[i + 2] * errors[i + 2];
      s3 += (double) passed[i + 3] * errors[i + 3];
      s4 += (double) passed[i + 4] * errors[i + 4];
      s5 += (double) passed[i + 5] * errors[i + 5];
      s6 += (double) passed[i + 6] * errors[i + 6];
      s7 += (double) passed[i + 7] * errors[i + 7];
    }
    turns[0] = s0;
    turns[1] = s1;
    turns[2] = s2;
    turns[3] = s3;
    turns[4] = s4;
    turns[5] = s5;
    turns[6] = s6;
    turns[7] = s7;
    for (int k = 0; i < end; i++, k++) {
      turns[k] += (double) passed[i] * errors[i];
    }
  }

  private void neighbours(Scratch scratch, int group, ClipSums sums, int from, int end) {
    float[] v = scratch.values;
    for (int i = from; i < end; i++) {
      int g = group + i - from;
      float s = Math.max(Math.min(v[i], high[g]), low[g]) / step[g];
      scratch.second[i] = s + WHOLE - WHOLE - s;
    }
    for (int i = from; i < end; i++) {
      sums.addInside((double) scratch.first[i] * scratch.second[i], group + i - from);
    }
  }
}
