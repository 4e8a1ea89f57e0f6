package dev.bitfold.kernel.vector;

import static dev.bitfold.kernel.vector.FloatMemory.LANES;
import static dev.bitfold.kernel.vector.GridVectors.CHUNK;

import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.Runs;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import dev.bitfold.kernel.cpu.CpuKernels;
import java.nio.FloatBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Rounds a tensor with given scales, share by share. A share is cut into chunks whose elements have
 * their own scales. Elements that do not fill a vector are left to the kernels in plain Java.
 */
final class VectorRounding {
  /** The length from which the ends of groups are computed element by element. */
  static final int LONG_RUN = 256;

  private final CpuKernels plain;
  private final GridVectors loops;
  private final Source x;
  private final Groups groups;
  private final Grid grid;
  private final Scales scales;
  private final FloatBuffer out;
  private final Object in;
  private final Object to;

  private VectorRounding(
      CpuKernels plain,
      GridVectors loops,
      Source x,
      Groups groups,
      Grid grid,
      Scales scales,
      FloatBuffer out) {
    this.plain = plain;
    this.loops = loops;
    this.x = x;
    this.groups = groups;
    this.grid = grid;
    this.scales = scales;
    this.out = out;
    this.in = FloatMemory.of(x.values());
    this.to = FloatMemory.of(out);
  }

  /**
   * Returns the rounding of a tensor; null if there are no loops for it.
   *
   * @param x in direct memory, like {@code out}
   * @param plain rounds the elements that do not fill a vector
   */
  static @Nullable VectorRounding of(
      CpuKernels plain,
      Source x,
      Groups groups,
      Grid grid,
      Scales scales,
      boolean back,
      FloatBuffer out) {
    boolean runs = groups.block() >= LONG_RUN || wholeBlocks(groups);
    boolean known = !scales.affine() || (runs && IntegerVectors.inRange(grid, scales.zeroPoint()));
    GridVectors loops =
        known ? GridVectors.of(grid, scales.divides(), scales.dividesBack(), back) : null;
    return loops == null ? null : new VectorRounding(plain, loops, x, groups, grid, scales, out);
  }

  /** Returns whether groups are short, follow each other and fill whole vectors. */
  static boolean wholeBlocks(Groups groups) {
    return groups.contiguous()
        && groups.block() % LANES == 0
        && groups.columns() % groups.block() == 0;
  }

  /**
   * Returns the number whose multiples shares begin at: the beginning of a chunk, and of a group if
   * groups fill whole vectors.
   */
  static int align(Groups groups) {
    return wholeBlocks(groups) && groups.block() < LONG_RUN
        ? groups.block() * (CHUNK / groups.block())
        : CHUNK;
  }

  /**
   * Rounds a share.
   *
   * @param from a multiple of {@link #align}
   * @param end the element after the last
   */
  void round(int from, int end) {
    if (groups.block() >= LONG_RUN) {
      runs(from, end);
    } else if (wholeBlocks(groups)) {
      blocks(from, end);
    } else if (groups.block() == 1 && groups.columns() % LANES == 0) {
      columns(from, end);
    } else {
      elements(from, end);
    }
  }

  /** Rounds runs of one group each. */
  private void runs(int from, int end) {
    for (Runs runs = groups.runs(from, end - from); runs.next(); ) {
      for (int at = runs.from(); at < runs.to(); at += CHUNK) {
        int run = Math.min(CHUNK, runs.to() - at);
        int whole = run / LANES * LANES;
        perGroup(from + at, whole, 1, runs.group());
        rest(from + at + whole, from + at + run);
      }
    }
  }

  private void blocks(int from, int end) {
    int block = groups.block();
    for (int start = from; start < end; ) {
      int count = Math.min(CHUNK / block, (end - start) / block);
      perGroup(start, block, count, start / block);
      start += count * block;
    }
  }

  private void perGroup(int start, int run, int count, int g) {
    if (run > 0) {
      loops.perGroup(
          scaled(start, run * count),
          to,
          start,
          run,
          count,
          scales.forward(),
          scales.backward(),
          scales.zeroPoint(),
          g);
    }
  }

  /** Rounds columns that have a scale each, in rows that fill whole vectors. */
  private void columns(int from, int end) {
    for (Runs runs = groups.runs(from, end - from); runs.next(); ) {
      for (int at = runs.from(); at < runs.to(); at += CHUNK) {
        int length = Math.min(CHUNK, runs.to() - at);
        int whole = length / LANES * LANES;
        int start = from + at;
        int g = runs.group() + at - runs.from();
        loops.perElement(
            scaled(start, whole), to, start, whole, scales.forward(), scales.backward(), g);
        rest(start + whole, start + length);
      }
    }
  }

  /** Rounds any groups, with a scale written out for each element. */
  private void elements(int from, int end) {
    Expanded own = Expanded.mine();
    for (int start = from; start < end; start += CHUNK) {
      int length = Math.min(CHUNK, end - start);
      int whole = length / LANES * LANES;
      groups.expand(scales.forward(), start, whole, own.forward);
      groups.expand(scales.backward(), start, whole, own.backward);
      loops.perElement(scaled(start, whole), to, start, whole, own.forward, own.backward, 0);
      rest(start + whole, start + length);
    }
  }

  private void rest(int from, int end) {
    if (from < end) {
      plain.round(x, groups, grid, scales, loops.back, out, from, end, false);
    }
  }

  private Object scaled(int start, int length) {
    return scaled(x, in, to, start, length);
  }

  /**
   * Returns where to read elements from: the input, or the output if the input times the pre-quant
   * scale has been written there.
   *
   * @param length at most {@link GridVectors#CHUNK}
   */
  static Object scaled(Source x, Object in, Object to, int start, int length) {
    PreQuantScale pre = x.preQuantScale();
    if (pre == null) {
      return in;
    }
    float[] factors = Expanded.mine().first;
    pre.groups().expand(pre.factors(), start, length, factors);
    ScaleVectors.perElement(false, in, to, start, length, factors, 0);
    return to;
  }
}
