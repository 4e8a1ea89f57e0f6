package dev.bitfold.kernel.cpu;

import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
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
  /** The smallest number of elements in one thread's share of the work. */
  private static final int MIN_SHARE = 128 * 1024;

  private final KernelThreads threads;
  private final AbsoluteMaxima maxima;
  private final Ranges ranges;
  private final Histograms histograms;

  /**
   * Makes kernels.
   *
   * @param threads the threads that large tensors are divided among
   */
  public CpuKernels(KernelThreads threads) {
    this.threads = threads;
    this.maxima = new AbsoluteMaxima(threads, MIN_SHARE);
    this.ranges = new Ranges(threads, MIN_SHARE);
    this.histograms = new Histograms(threads, MIN_SHARE);
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
    maxima.find(x, groups, out);
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

  @Override
  public void quantizeByAmax(
      Source x, Groups groups, Grid grid, AmaxScaling scaling, boolean back, FloatBuffer out) {
    int block = groups.block();
    if (!groups.contiguous() || block > Scratch.CHUNK) {
      QuantKernels.super.quantizeByAmax(x, groups, grid, scaling, back, out);
      return;
    }
    threads.share(
        groups.elements(),
        MIN_SHARE,
        DynamicChunks.chunk(block),
        (from, to) -> new DynamicChunks(block, grid, scaling, back).round(x, out, from, to));
  }

  @Override
  public void clipGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      Clip clip,
      FloatBuffer out,
      GradientSums sums) {
    ClipSums.divide(
        threads, groups, clip, sums, new ClipLoops(x, gradient, groups, clip, out)::compute);
  }

  @Override
  public void stepGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      Clip clip,
      float[] step,
      FloatBuffer out,
      GradientSums sums) {
    ClipSums.divide(
        threads,
        groups,
        clip,
        sums,
        ClipSums.chunked(
            new ClipLoops(x, gradient, groups, clip, out)::compute,
            new StepLoops(groups, clip, step, x, out)));
  }

  @Override
  public void squaredErrors(
      Source x, Groups groups, Grid grid, Scales[] candidates, double[][] out) {
    int least = Math.max(1, MIN_SHARE / Math.max(1, groups.elements()));
    threads.share(
        candidates.length, least, 1, new ErrorScan(x, groups, grid, candidates, out)::scan);
  }

  @Override
  public void histogram(Source x, Groups groups, float[] inverseWidth, int bins, long[] counts) {
    histograms.count(x, groups, inverseWidth, bins, counts);
  }

  private void run(
      Source x, Groups groups, Grid grid, Scales scales, boolean back, FloatBuffer out) {
    round(x, groups, grid, scales, back, out, 0, groups.elements(), true);
  }

  /**
   * Rounds a part of the elements.
   *
   * @param back whether to scale back
   * @param from the first element
   * @param to the element after the last
   * @param divided whether a large part may be divided among threads
   */
  public void round(
      Source x,
      Groups groups,
      Grid grid,
      Scales scales,
      boolean back,
      FloatBuffer out,
      int from,
      int to,
      boolean divided) {
    ChunkRounding rounding = ChunkRounding.of(groups, grid, scales, back);
    if (divided) {
      threads.share(
          to - from,
          MIN_SHARE,
          Scratch.CHUNK,
          (first, end) -> chunks(x, rounding, out, from + first, from + end));
    } else {
      chunks(x, rounding, out, from, to);
    }
  }

  private static void chunks(Source x, ChunkRounding rounding, FloatBuffer out, int from, int to) {
    Scratch scratch = Scratch.mine();
    for (int start = from; start < to; start += Scratch.CHUNK) {
      int length = Math.min(Scratch.CHUNK, to - start);
      scratch.load(x, start, length);
      rounding.apply(scratch, start, length);
      out.put(start, scratch.values, 0, length);
    }
  }
}
