package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;

import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import dev.bitfold.kernel.cpu.ClipSums;
import dev.bitfold.kernel.cpu.CpuKernels;
import dev.bitfold.kernel.cpu.KernelThreads;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The kernels on vectors of the widest kind that the processor has. What has no loop here, what
 * does not lie in direct memory, small tensors and the ends of runs that fill no vector are left to
 * the kernels in plain Java. Safe for concurrent use.
 */
public final class VectorKernels implements QuantKernels {
  private static final int LEAST_SHARE = 128 * 1024;

  /** Groups from this length on have their ends computed one by one. */
  private static final int LONG_RUN = 256;

  /** Elements whose groups' scales are found before they are rounded: half a first-level cache. */
  private static final int DYNAMIC = 4096;

  /** Longer groups leave the cache before they are rounded. */
  private static final int MOST_DYNAMIC = 1 << 16;

  private static final int MOST_PARTIAL = 1 << 16;

  private final CpuKernels plain;
  private final KernelThreads threads;
  private final int least;

  /**
   * @param threads what large tensors are divided among
   */
  public VectorKernels(KernelThreads threads) {
    this(threads, 2048);
  }

  /**
   * @param threads what large tensors are divided among
   * @param least tensors of fewer elements are left to plain Java
   */
  public VectorKernels(KernelThreads threads, int least) {
    this.plain = new CpuKernels(threads);
    this.threads = threads;
    this.least = Math.max(least, LANES);
  }

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public void finiteAmax(Source x, Groups groups, float[] out) {
    plain.finiteAmax(x, groups, out);
  }

  @Override
  public void range(Source x, Groups groups, float[] min, float[] max) {
    plain.range(x, groups, min, max);
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
    Loops loops =
        suits(x, groups)
                && direct(out)
                && x.preScale() == null
                && wholeBlocks(groups)
                && block <= MOST_DYNAMIC
            ? loops(grid, scaling.divides(), scaling.dividesBack(), back)
            : null;
    if (loops == null) {
      if (groups.contiguous() && block <= Expanded.CHUNK) {
        plain.quantizeByAmax(x, groups, grid, scaling, back, out);
      } else {
        QuantKernels.super.quantizeByAmax(x, groups, grid, scaling, back, out);
      }
      return;
    }
    Object in = FloatMemory.of(x.values());
    Object to = FloatMemory.of(out);
    int count = Math.max(1, DYNAMIC / block);
    threads.share(
        groups.elements() / block,
        Math.max(1, LEAST_SHARE / block),
        count,
        (from, end) -> {
          Expanded own = Expanded.mine();
          for (int g = from; g < end; g += count) {
            int here = Math.min(count, end - g);
            int at = g * block;
            Maxima.ofEach(in, at, block, here, own.pre, 0);
            if (scaling.finite()) {
              finite(x.values(), at, block, here, own.pre);
            }
            scaling.scales(own.pre, here, own.forward, own.backward);
            loops.perGroup(in, to, at, block, here, own.forward, own.backward, 0);
          }
        });
  }

  @Override
  public void clipGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      float[] low,
      float[] high,
      FloatBuffer out,
      double[] below,
      double[] above) {
    boolean known = groups.elements() >= least && groups.block() >= Math.min(least, LONG_RUN);
    if (!known || !direct(x) || !direct(gradient) || !direct(out)) {
      plain.clipGradient(x, gradient, groups, low, high, out, below, above);
      return;
    }
    ClipVectors part =
        new ClipVectors(
            groups,
            low,
            high,
            x,
            gradient,
            out,
            FloatMemory.of(x),
            FloatMemory.of(gradient),
            FloatMemory.of(out));
    ClipSums.divide(threads, groups, low, high, below, above, part);
  }

  private static void finite(FloatBuffer x, int at, int block, int count, float[] amax) {
    for (int g = 0; g < count; g++) {
      if (!Float.isFinite(amax[g])) {
        float max = 0;
        for (int i = at + g * block; i < at + (g + 1) * block; i++) {
          float magnitude = Math.min(Math.abs(x.get(i)), Float.MAX_VALUE);
          max = Float.isNaN(magnitude) ? max : Math.max(max, magnitude);
        }
        amax[g] = max;
      }
    }
  }

  private void round(
      Source x, Groups groups, Grid grid, Scales scales, boolean back, FloatBuffer out) {
    Loops loops =
        suits(x, groups) && direct(out) && !scales.affine()
            ? loops(grid, scales.divides(), scales.dividesBack(), back)
            : null;
    if (loops == null) {
      plain.round(x, groups, grid, scales, back, out, 0, groups.elements(), true);
      return;
    }
    Object in = FloatMemory.of(x.values());
    Object to = FloatMemory.of(out);
    int align = groups.block() == 1 ? Expanded.CHUNK : aligned(groups);
    threads.share(
        groups.elements(),
        LEAST_SHARE,
        align,
        (from, end) -> {
          if (x.preScale() == null && groups.block() >= LONG_RUN) {
            longRuns(loops, x, in, groups, grid, scales, back, out, to, from, end);
            return;
          }
          int whole = from + (end - from) / LANES * LANES;
          if (x.preScale() == null && wholeBlocks(groups)) {
            loops.perGroup(
                in,
                to,
                from,
                groups.block(),
                (end - from) / groups.block(),
                scales.forward(),
                scales.backward(),
                from / groups.block());
            whole = end;
          } else if (groups.block() == 1 && groups.columns() % LANES == 0) {
            Expanded.mine().roundColumns(loops, x, in, to, groups, scales, from, whole);
          } else {
            Expanded.mine().round(loops, x, in, to, groups, scales, from, whole);
          }
          if (whole < end) {
            plain.round(x, groups, grid, scales, back, out, whole, end, false);
          }
        });
  }

  /** Short groups that follow one another, each of whole vectors. */
  private static boolean wholeBlocks(Groups groups) {
    return groups.contiguous()
        && groups.block() % LANES == 0
        && groups.columns() % groups.block() == 0;
  }

  /** Shares begin where a chunk does, and a group where groups are whole vectors. */
  private static int aligned(Groups groups) {
    return wholeBlocks(groups) && groups.block() < LONG_RUN
        ? groups.block() * Math.max(1, Expanded.CHUNK / groups.block())
        : Expanded.CHUNK;
  }

  /** Stretches of one group each; what is left at their ends in plain Java. */
  private void longRuns(
      Loops loops,
      Source x,
      Object in,
      Groups groups,
      Grid grid,
      Scales scales,
      boolean back,
      FloatBuffer out,
      Object to,
      int from,
      int end) {
    for (int start = from; start < end; ) {
      int row = start / groups.columns();
      int column = start - row * groups.columns();
      int block = groups.block();
      int run = Math.min(Math.min(end - start, groups.columns() - column), block - column % block);
      int whole = run / LANES * LANES;
      int g = groups.base(row) + column / block;
      loops.perGroup(in, to, start, whole, 1, scales.forward(), scales.backward(), g);
      if (whole < run) {
        plain.round(x, groups, grid, scales, back, out, start + whole, start + run, false);
      }
      start += run;
    }
  }

  @Override
  public void amax(Source x, Groups groups, float[] out) {
    boolean columns = groups.block() == 1 && groups.columns() % LANES == 0;
    boolean known = groups.block() >= LONG_RUN || wholeBlocks(groups) || columns;
    if (!suits(x, groups) || x.preScale() != null || !known) {
      plain.amax(x, groups, out);
      return;
    }
    Object in = FloatMemory.of(x.values());
    int count = groups.count();
    if (groups.block() < LONG_RUN && wholeBlocks(groups)) {
      int block = groups.block();
      threads.share(
          groups.elements(),
          LEAST_SHARE,
          aligned(groups),
          (from, end) -> Maxima.ofEach(in, from, block, (end - from) / block, out, from / block));
      return;
    }
    if (count > MOST_PARTIAL) {
      plain.amax(x, groups, out);
      return;
    }
    Arrays.fill(out, 0, count, 0f);
    Object merging = new Object();
    threads.share(
        groups.elements(),
        LEAST_SHARE,
        Expanded.CHUNK,
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
    for (int start = from; start < end; ) {
      int row = start / groups.columns();
      int column = start - row * groups.columns();
      int length = Math.min(end - start, groups.columns() - column);
      Maxima.into(in, start, length, out, groups.base(row) + column);
      start += length;
    }
  }

  private static void amaxOfRuns(
      Source x, Object in, Groups groups, int from, int end, float[] out) {
    int block = groups.block();
    for (int start = from; start < end; ) {
      int row = start / groups.columns();
      int column = start - row * groups.columns();
      int run = Math.min(Math.min(end - start, groups.columns() - column), block - column % block);
      int whole = run / LANES * LANES;
      float max = Maxima.of(in, start, whole);
      for (int i = start + whole; i < start + run; i++) {
        max = Math.max(max, Math.abs(x.values().get(i)));
      }
      int g = groups.base(row) + column / block;
      out[g] = Math.max(out[g], max);
      start += run;
    }
  }

  private boolean suits(Source x, Groups groups) {
    return groups.elements() >= least && direct(x.values());
  }

  private static boolean direct(FloatBuffer buffer) {
    return buffer.isDirect() && buffer.order() == ByteOrder.nativeOrder();
  }

  private static @Nullable Loops loops(
      Grid grid, boolean divides, boolean dividesBack, boolean back) {
    if (grid instanceof Grid.Integers integers) {
      return IntegerVectors.of(integers, divides, dividesBack, back);
    }
    return grid instanceof Grid.Floats floats
        ? FloatVectors.of(floats, divides, dividesBack, back)
        : null;
  }
}
