package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;

/**
 * The fast kernels for the CPU. Chunks are bulk-copied to a thread's own arrays, computed on by
 * loops that C2 vectorises, and bulk-copied back; large tensors are divided among threads. Safe for
 * concurrent use.
 */
public final class CpuKernels implements QuantKernels {
  /** A share of the work for a thread has at least this many elements. */
  private static final int LEAST_SHARE = 128 * 1024;

  private static final int LONG_RUN = ScaleLoops.LONG_RUN;

  private final KernelThreads threads;
  private final Reductions reductions;

  /**
   * @param threads what large tensors are divided among
   */
  public CpuKernels(KernelThreads threads) {
    this.threads = threads;
    this.reductions = new Reductions(threads, LEAST_SHARE);
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public void amax(Source x, Groups groups, float[] out) {
    reductions.max(x, groups, Reductions.Of.ABSOLUTE, out);
  }

  @Override
  public void range(Source x, Groups groups, float[] min, float[] max) {
    reductions.max(x, groups, Reductions.Of.NEGATED, min);
    for (int g = 0; g < groups.count(); g++) {
      min[g] = -min[g];
    }
    reductions.max(x, groups, Reductions.Of.VALUE, max);
  }

  @Override
  public void fakeQuantize(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    run(x, groups, grid, scales, true, out);
  }

  @Override
  public void codes(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    run(x, groups, grid, scales, false, out);
  }

  private void run(
      Source x, Groups groups, Grid grid, Scales scales, boolean back, FloatBuffer out) {
    threads.share(
        groups.elements(),
        LEAST_SHARE,
        Scratch.CHUNK,
        (from, to) -> {
          Scratch scratch = Scratch.mine();
          for (int start = from; start < to; start += Scratch.CHUNK) {
            int length = Math.min(Scratch.CHUNK, to - start);
            scratch.load(x, start, length);
            chunk(scratch, groups, start, length, grid, scales, back);
            out.put(start, scratch.values, 0, length);
          }
        });
  }

  private static void chunk(
      Scratch scratch,
      Groups groups,
      int start,
      int length,
      Grid grid,
      Scales scales,
      boolean back) {
    if (grid instanceof Grid.Integers integers
        && back
        && !scales.divides()
        && scales.dividesBack()) {
      integers(scratch, groups, start, length, integers, scales);
      return;
    }
    float[] v = scratch.values;
    ScaleLoops.scale(v, scales.forward(), scales.divides(), groups, start, length, scratch.first);
    round(v, grid, length);
    if (back) {
      ScaleLoops.scale(
          v, scales.backward(), scales.dividesBack(), groups, start, length, scratch.first);
    }
  }

  private static void round(float[] v, Grid grid, int length) {
    if (grid instanceof Grid.Integers i) {
      IntegerLoops.round(v, i.min(), i.max(), length);
    }
  }

  /** The usual integer path, in one loop. */
  private static void integers(
      Scratch scratch, Groups groups, int start, int length, Grid.Integers grid, Scales scales) {
    float[] v = scratch.values;
    int block = groups.block();
    if (block < LONG_RUN) {
      groups.expand(scales.forward(), start, length, scratch.first);
      groups.expand(scales.backward(), start, length, scratch.second);
      IntegerLoops.multiplyRoundDivide(
          v, scratch.first, scratch.second, grid.min(), grid.max(), length);
      return;
    }
    int done = 0;
    while (done < length) {
      int row = (start + done) / groups.columns();
      int column = start + done - row * groups.columns();
      int end = done + Math.min(length - done, groups.columns() - column);
      int base = groups.base(row);
      while (done < end) {
        int run = Math.min(end - done, block - column % block);
        int g = base + column / block;
        IntegerLoops.multiplyRoundDivide(
            v, scales.forward()[g], scales.backward()[g], grid.min(), grid.max(), done, done + run);
        done += run;
        column += run;
      }
    }
  }
}
