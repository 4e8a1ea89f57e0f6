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

  private final KernelThreads threads;
  private final AbsoluteMaxima maxima;
  private final Ranges ranges;

  /**
   * @param threads what large tensors are divided among
   */
  public CpuKernels(KernelThreads threads) {
    this.threads = threads;
    this.maxima = new AbsoluteMaxima(threads, LEAST_SHARE);
    this.ranges = new Ranges(threads, LEAST_SHARE);
  }

  @Override
  public String name() {
    return "cpu";
  }

  @Override
  public void amax(Source x, Groups groups, float[] out) {
    maxima.find(x, groups, out);
  }

  @Override
  public void finiteAmax(Source x, Groups groups, float[] out) {
    ranges.finiteAmax(x, groups, out);
  }

  @Override
  public void range(Source x, Groups groups, float[] min, float[] max) {
    ranges.find(x, groups, min, max);
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
    ChunkRounding rounding = ChunkRounding.of(groups, grid, scales, back);
    threads.share(
        groups.elements(),
        LEAST_SHARE,
        Scratch.CHUNK,
        (from, to) -> {
          Scratch scratch = Scratch.mine();
          for (int start = from; start < to; start += Scratch.CHUNK) {
            int length = Math.min(Scratch.CHUNK, to - start);
            scratch.load(x, start, length);
            rounding.apply(scratch, start, length);
            out.put(start, scratch.values, 0, length);
          }
        });
  }
}
