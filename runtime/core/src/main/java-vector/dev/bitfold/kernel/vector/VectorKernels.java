package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;

import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.ForwardingKernels;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Runs;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import dev.bitfold.kernel.cpu.ClipSums;
import dev.bitfold.kernel.cpu.CpuKernels;
import dev.bitfold.kernel.cpu.KernelThreads;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;

/**
 * Runs the kernels on the widest vectors of the processor. It leaves several cases to the kernels
 * in plain Java: operations without a loop here, tensors outside of direct memory, small tensors,
 * and the ends of runs that do not fill a vector. Safe for concurrent use.
 */
public final class VectorKernels extends ForwardingKernels {
  private static final int MIN_SHARE = 128 * 1024;

  /** Longer groups would leave the caches before they are rounded. */
  private static final int MAX_DYNAMIC = 1 << 16;

  private static final int MAX_PARTIAL = 1 << 16;

  /** The largest number of elements whose maximum is taken at once. */
  private static final int MAX_RUN = 4 * GridVectors.CHUNK;

  private final CpuKernels plain;
  private final KernelThreads threads;
  private final int least;

  /**
   * Makes kernels.
   *
   * @param threads the threads that large tensors are divided among
   */
  public VectorKernels(KernelThreads threads) {
    this(threads, 2048);
  }

  /**
   * Makes kernels.
   *
   * @param threads the threads that large tensors are divided among
   * @param least the number of elements below which tensors are left to plain Java
   */
  public VectorKernels(KernelThreads threads, int least) {
    this(new CpuKernels(threads), threads, least);
  }

  private VectorKernels(CpuKernels plain, KernelThreads threads, int least) {
    super(plain);
    this.plain = plain;
    this.threads = threads;
    this.least = Math.max(least, LANES);
  }

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public void finiteAmax(Source x, Groups groups, float[] out) {
    amax(x, groups, out);
    for (int g = 0; g < groups.count(); g++) {
      if (!Float.isFinite(out[g])) {
        plain.finiteAmax(x, groups, out);
        return;
      }
    }
  }

  @Override
  public void fakeQuantize(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    round(x, groups, grid, scales, true, out);
  }

  @Override
  public void codes(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    round(x, groups, grid, scales, false, out);
  }

  @Override
  public void quantizeByAmax(
      Source x, Groups groups, Grid grid, AmaxScaling scaling, boolean back, FloatBuffer out) {
    int block = groups.block();
    GridVectors loops =
        suits(x, groups)
                && direct(out)
                && VectorRounding.wholeBlocks(groups)
                && block <= MAX_DYNAMIC
            ? GridVectors.of(grid, scaling.divides(), scaling.dividesBack(), back)
            : null;
    if (loops == null) {
      if (groups.contiguous() && block <= GridVectors.CHUNK) {
        plain.quantizeByAmax(x, groups, grid, scaling, back, out);
      } else {
        QuantKernels.inTwoPasses(this, x, groups, grid, scaling, back, out);
      }
      return;
    }
    DynamicVectors dynamic = new DynamicVectors(loops, x, block, scaling, out);
    threads.share(
        groups.elements() / block,
        Math.max(1, MIN_SHARE / block),
        Math.max(1, GridVectors.CHUNK / block),
        dynamic::round);
  }

  @Override
  public void clipGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      Clip clip,
      FloatBuffer out,
      GradientSums sums) {
    boolean known =
        groups.elements() >= least && groups.block() >= Math.min(least, VectorRounding.LONG_RUN);
    if (!known || !ClipVectors.suits() || !direct(x) || !direct(gradient) || !direct(out)) {
      plain.clipGradient(x, gradient, groups, clip, out, sums);
      return;
    }
    ClipVectors part = ClipVectors.of(x, gradient, groups, clip, out);
    ClipSums.divide(threads, groups, clip, sums, part);
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
    boolean known =
        groups.elements() >= least && groups.block() >= Math.min(least, VectorRounding.LONG_RUN);
    if (!known || !ClipVectors.suits() || !direct(x) || !direct(gradient) || !direct(out)) {
      plain.stepGradient(x, gradient, groups, clip, step, out, sums);
      return;
    }
    ClipVectors clipping = ClipVectors.of(x, gradient, groups, clip, out);
    ClipSums.divide(threads, groups, clip, sums, new StepVectors(clipping, step));
  }

  private void round(
      Source x, Groups groups, Grid grid, Scales scales, boolean back, FloatBuffer out) {
    VectorRounding rounding =
        suits(x, groups) && direct(out)
            ? VectorRounding.of(plain, x, groups, grid, scales, back, out)
            : null;
    if (rounding == null) {
      plain.round(x, groups, grid, scales, back, out, 0, groups.elements(), true);
    } else {
      threads.share(groups.elements(), MIN_SHARE, VectorRounding.align(groups), rounding::round);
    }
  }

  @Override
  public void amax(Source x, Groups groups, float[] out) {
    boolean columns = groups.block() == 1 && groups.columns() % LANES == 0;
    boolean known =
        groups.block() >= VectorRounding.LONG_RUN || VectorRounding.wholeBlocks(groups) || columns;
    if (!suits(x, groups) || x.preQuantScale() != null || !known) {
      plain.amax(x, groups, out);
      return;
    }
    Object in = FloatMemory.of(x.values());
    int count = groups.count();
    if (groups.block() < VectorRounding.LONG_RUN && VectorRounding.wholeBlocks(groups)) {
      int block = groups.block();
      threads.share(
          groups.elements(),
          MIN_SHARE,
          VectorRounding.align(groups),
          (from, end) -> {
            int most = GridVectors.CHUNK / block;
            for (int g = from / block; g < end / block; g += most) {
              Maxima.ofEach(in, g * block, block, Math.min(most, end / block - g), out, g);
            }
          });
      return;
    }
    if (count > MAX_PARTIAL) {
      plain.amax(x, groups, out);
      return;
    }
    Arrays.fill(out, 0, count, 0f);
    Object merging = new Object();
    threads.share(
        groups.elements(),
        MIN_SHARE,
        GridVectors.CHUNK,
        (from, end) -> {
          boolean whole = end - from == groups.elements();
          float[] partial = whole ? out : new float[count];
          if (columns) {
            amaxOfColumns(in, groups, from, end, partial);
          } else {
            amaxOfRuns(x, in, groups, from, end, partial);
          }
          if (!whole) {
            synchronized (merging) {
              for (int g = 0; g < count; g++) {
                out[g] = Math.max(out[g], partial[g]);
              }
            }
          }
        });
  }

  private static void amaxOfColumns(Object in, Groups groups, int from, int end, float[] out) {
    for (Runs runs = groups.runs(from, end - from); runs.next(); ) {
      for (int at = runs.from(); at < runs.to(); at += GridVectors.CHUNK) {
        int length = Math.min(GridVectors.CHUNK, runs.to() - at);
        Maxima.into(in, from + at, length, out, runs.group() + at - runs.from());
      }
    }
  }

  private static void amaxOfRuns(
      Source x, Object in, Groups groups, int from, int end, float[] out) {
    for (Runs runs = groups.runs(from, end - from); runs.next(); ) {
      int g = runs.group();
      for (int at = from + runs.from(); at < from + runs.to(); at += MAX_RUN) {
        int run = Math.min(MAX_RUN, from + runs.to() - at);
        int whole = run / LANES * LANES;
        float max = Math.max(out[g], Maxima.of(in, at, whole));
        for (int i = at + whole; i < at + run; i++) {
          max = Math.max(max, Math.abs(x.values().get(i)));
        }
        out[g] = max;
      }
    }
  }

  private boolean suits(Source x, Groups groups) {
    return groups.elements() >= least && direct(x.values());
  }

  private static boolean direct(FloatBuffer buffer) {
    return buffer.isDirect() && buffer.order() == ByteOrder.nativeOrder();
  }
}
