package dev.bitfold.kernel.cpu;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.Runs;
import dev.bitfold.kernel.Scales;

/** Scales a chunk to the grid, rounds it, and scales it back. */
interface ChunkRounding {
  /**
   * Rounds the values in scratch memory.
   *
   * @param start the index of the element that is the first value in scratch memory
   */
  void apply(Scratch scratch, int start, int length);

  /**
   * Returns the fastest rounding of a chunk.
   *
   * @param back whether to scale back
   */
  static ChunkRounding of(Groups groups, Grid grid, Scales scales, boolean back) {
    return grid.match(
        integers -> ofIntegers(groups, integers, scales, back),
        floats -> ofFloats(groups, floats, scales, back),
        table -> ofTable(groups, scales, back));
  }

  private static ChunkRounding ofIntegers(
      Groups groups, Grid.Integers grid, Scales scales, boolean back) {
    boolean quick =
        grid.rounding() == Rounding.HALF_EVEN && IntegerLoops.inRange(grid, scales.zeroPoint());
    boolean usual = back && !scales.affine() && !scales.divides() && scales.dividesBack();
    return quick && usual
        ? (scratch, start, length) -> fused(scratch, groups, grid, scales, start, length)
        : (scratch, start, length) ->
            integers(scratch, groups, grid, scales, quick, back, start, length);
  }

  private static ChunkRounding ofFloats(
      Groups groups, Grid.Floats grid, Scales scales, boolean back) {
    boolean quick = grid.effective() == Rounding.HALF_EVEN;
    return (scratch, start, length) -> {
      forward(scratch, groups, scales, start, length);
      if (quick) {
        FloatLoops.round(scratch, grid, length);
      } else {
        OtherRounding.floats(scratch.values, grid, length);
      }
      backward(scratch, groups, scales, back, start, length);
    };
  }

  private static ChunkRounding ofTable(Groups groups, Scales scales, boolean back) {
    return (scratch, start, length) -> {
      forward(scratch, groups, scales, start, length);
      OtherRounding.table(scratch.values, length);
      backward(scratch, groups, scales, back, start, length);
    };
  }

  private static void forward(
      Scratch scratch, Groups groups, Scales scales, int start, int length) {
    ScaleLoops.scale(
        scratch.values, scales.forward(), scales.divides(), groups, start, length, scratch.first);
  }

  private static void backward(
      Scratch scratch, Groups groups, Scales scales, boolean back, int start, int length) {
    if (back) {
      ScaleLoops.scale(
          scratch.values,
          scales.backward(),
          scales.dividesBack(),
          groups,
          start,
          length,
          scratch.first);
    }
  }

  private static void integers(
      Scratch scratch,
      Groups groups,
      Grid.Integers grid,
      Scales scales,
      boolean quick,
      boolean back,
      int start,
      int length) {
    float[] v = scratch.values;
    float[] zeroPoint = scratch.second;
    forward(scratch, groups, scales, start, length);
    if (scales.affine()) {
      groups.expand(scales.zeroPoint(), start, length, zeroPoint);
      if (!quick) {
        OtherRounding.integers(v, grid, zeroPoint, length);
        if (back) {
          IntegerLoops.subtract(v, zeroPoint, length);
        }
      } else {
        IntegerLoops.round(v, zeroPoint, grid.min(), grid.max(), length);
        if (!back) {
          IntegerLoops.add(v, zeroPoint, length);
        }
      }
    } else if (quick) {
      IntegerLoops.round(v, grid.min(), grid.max(), length);
    } else {
      OtherRounding.integers(v, grid, null, length);
    }
    backward(scratch, groups, scales, back, start, length);
  }

  /** Multiplies, rounds to integers and divides in one loop. */
  private static void fused(
      Scratch scratch, Groups groups, Grid.Integers grid, Scales scales, int start, int length) {
    float[] v = scratch.values;
    if (groups.block() < ScaleLoops.LONG_RUN) {
      groups.expand(scales.forward(), start, length, scratch.first);
      groups.expand(scales.backward(), start, length, scratch.second);
      IntegerLoops.multiplyRoundDivide(
          v, scratch.first, scratch.second, grid.min(), grid.max(), length);
      return;
    }
    for (Runs runs = groups.runs(start, length); runs.next(); ) {
      float forward = scales.forward()[runs.group()];
      float backward = scales.backward()[runs.group()];
      IntegerLoops.multiplyRoundDivide(
          v, forward, backward, grid.min(), grid.max(), runs.from(), runs.to());
    }
  }
}
