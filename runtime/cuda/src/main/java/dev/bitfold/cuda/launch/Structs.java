package dev.bitfold.cuda.launch;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.ScaleFormula;

/** Writes the structs of the kernels' sources as arguments of a launch. */
final class Structs {
  private Structs() {}

  /** Writes {@code Grid} of grid.cuh. */
  static LaunchArguments write(LaunchArguments to, Grid grid) {
    return grid.match(
        integers -> write(to, integers), floats -> write(to, floats), table -> writeTable(to));
  }

  private static LaunchArguments write(LaunchArguments to, Grid.Integers grid) {
    to.floating(grid.min()).floating(grid.max());
    return rounding(to, grid.rounding()).integer(0).integer(0).integer(0).floating(0).floating(0);
  }

  private static LaunchArguments write(LaunchArguments to, Grid.Floats grid) {
    Rounding rounding = grid.effective();
    to.floating(Math.scalb(1f, grid.minExponent())).floating(grid.max());
    rounding(to, rounding);
    int shift = 23 - grid.mantissa();
    int half = 1 << (shift - 1);
    to.integer(shift);
    to.integer(
        switch (rounding) {
          case HALF_EVEN, HALF_TOWARD_ZERO -> half - 1;
          case HALF_AWAY -> half;
          case TOWARD_ZERO -> 0;
        });
    to.integer(rounding == Rounding.HALF_EVEN ? 1 : 0);
    int step = grid.minExponent() - grid.mantissa();
    return to.floating(Math.scalb(1f, -step)).floating(Math.scalb(1f, step));
  }

  private static LaunchArguments writeTable(LaunchArguments to) {
    to.floating(0).floating(0).integer(0).floating(0);
    return to.integer(0).integer(0).integer(0).floating(0).floating(0);
  }

  private static LaunchArguments rounding(LaunchArguments to, Rounding rounding) {
    to.integer(rounding == Rounding.HALF_EVEN ? 1 : 0);
    return to.floating(
        switch (rounding) {
          case HALF_EVEN, HALF_AWAY -> 0.5f;
          case HALF_TOWARD_ZERO -> Math.nextUp(0.5f);
          case TOWARD_ZERO -> 2f;
        });
  }

  /** Writes {@code BlockScaling} of blocks.cuh. */
  static void write(LaunchArguments to, AmaxScaling scaling) {
    write(to, scaling.formula());
    to.integer(scaling.divides() ? 1 : 0).integer(scaling.dividesBack() ? 1 : 0);
    to.integer(scaling.finite() ? 1 : 0);
  }

  /** Writes {@code ScaleFormula} of scales.cuh. */
  static void write(LaunchArguments to, ScaleFormula formula) {
    to.integer(
        switch (formula.kind()) {
          case INTEGERS -> 0;
          case INTEGERS_BY_RECIPROCAL -> 1;
          case FLOATS -> 2;
          case FLOATS_DIVIDED -> 3;
          case TABLE -> 4;
          case POWERS_OF_TWO -> 5;
          case E4M3 -> 6;
        });
    to.integer(
        switch (formula.rule()) {
          case FLOOR -> 0;
          case CEIL -> 1;
          case FLUSH -> 2;
          case RECIPROCAL -> 3;
        });
    to.floating(formula.max()).floating(formula.factor());
    to.integer(formula.maxExponent()).integer(formula.fractionBits()).floating(formula.global());
  }
}
