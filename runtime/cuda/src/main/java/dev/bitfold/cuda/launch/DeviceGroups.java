package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.kernel.Groups;

/**
 * Holds groups in the form of the kernels: {@code Layout} of layout.cuh.
 *
 * @param axes the axes before the columns; a null pointer if there are none
 * @param outer the number of those axes
 * @param blocks the number of blocks in a row
 */
record DeviceGroups(Groups groups, DevicePointer axes, int outer, int blocks) {
  /** Names what holds for any four elements of one 128-bit access, in the order of layout.cuh. */
  enum Form {
    ONE(0, ""),
    ALIGNED(1, "_aligned"),
    COLUMNS(2, "_columns"),
    ANY(3, "_any");

    private final int code;
    private final String suffix;

    Form(int code, String suffix) {
      this.code = code;
      this.suffix = suffix;
    }

    int code() {
      return code;
    }

    /** Returns the suffix of the kernels' names. */
    String suffix() {
      return suffix;
    }
  }

  static DeviceGroups of(Groups groups, Constants constants) {
    int[] outer = groups.outer();
    DevicePointer axes = DevicePointer.NULL;
    if (outer.length > 0) {
      axes = constants.integers(outer);
    }
    return new DeviceGroups(
        groups, axes, outer.length / 3, (groups.columns() - 1) / groups.block() + 1);
  }

  static Form form(Groups groups) {
    if (groups.count() == 1) {
      return Form.ONE;
    }
    if (groups.columns() % 4 == 0 && groups.block() % 4 == 0) {
      return Form.ALIGNED;
    }
    return groups.columns() % 4 == 0 && groups.block() == 1 ? Form.COLUMNS : Form.ANY;
  }

  int rows() {
    return groups.elements() / groups.columns();
  }

  /** Returns how many numbers there are for runs; see sums.cuh. */
  long runs(int chunk) {
    return (long) rows() * blocks + groups.elements() / chunk + 1;
  }

  void write(LaunchArguments to) {
    to.pointer(axes);
    divisor(to, groups.columns());
    divisor(to, groups.block());
    to.integer(groups.elements()).integer(blocks).integer(outer).integer(groups.count());
  }

  /**
   * Writes a divisor below 2^31, by which kernels divide numbers below 2^31 with a multiplication
   * (Granlund and Montgomery, Division by Invariant Integers using Multiplication, 1994).
   */
  private static void divisor(LaunchArguments to, int value) {
    int shift = Integer.SIZE - Integer.numberOfLeadingZeros(value - 1);
    long factor = (((1L << shift) - value) << 32) / value + 1;
    to.integer(value).integer((int) factor).integer(shift);
  }

  /** Writes groups that a kernel does not use. */
  static void writeNone(LaunchArguments to) {
    to.pointer(DevicePointer.NULL);
    for (int i = 0; i < 10; i++) {
      to.integer(0);
    }
  }
}
