package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.CudaStream;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreScale;
import dev.bitfold.kernel.Scales;
import org.jspecify.annotations.Nullable;

/**
 * What the operations of every subject launch with: a lane, and what kernels read beside a tensor.
 *
 * @param lane in which all runs
 * @param constants for axes and factors
 * @param scaleConstants for scales, which may be others in every call
 */
record Launcher(Lane lane, Constants constants, Constants scaleConstants) {
  /** Threads of a block. */
  static final int THREADS = 256;

  /** Warps of a block. */
  static final int WARPS = THREADS / 32;

  /** Elements of a block where each is taken once. */
  static final int TILE = 4096;

  static final int MOST_BLOCKS_Y = 65535;

  /** Blocks of a multiprocessor, where blocks go on to the next elements. */
  private static final int BLOCKS_EACH = 8;

  CudaStream stream() {
    return lane.stream();
  }

  /** Returns arguments for the next launch, none yet. */
  LaunchArguments arguments() {
    return lane.arguments();
  }

  /** Returns memory until the operation is over. */
  DevicePointer take(long bytes) {
    return lane.take(bytes);
  }

  /** Launches blocks that stand in one row. */
  void launch(String kernel, int blocks, LaunchArguments arguments) {
    stream().launch(kernel, blocks, 1, arguments);
  }

  /** Returns the number of blocks that take so many elements each. */
  static int blocks(long elements, int each) {
    return (int) ((elements + each - 1) / each);
  }

  /** Returns a block for every so many elements, or fewer that keep the device busy. */
  int busyBlocks(long elements) {
    return Math.min(blocks(elements, THREADS), mostBlocks());
  }

  /** Returns how many blocks keep the device busy, where they go on to the next elements. */
  int mostBlocks() {
    return stream().device().multiprocessors() * BLOCKS_EACH;
  }

  DeviceGroups layout(Groups groups) {
    return DeviceGroups.of(groups, constants);
  }

  DevicePreScale preScale(@Nullable PreScale pre) {
    if (pre == null) {
      return DevicePreScale.NONE;
    }
    Groups groups = pre.groups();
    return new DevicePreScale(
        constants.floats(pre.factors(), groups.count()), layout(groups), DeviceGroups.form(groups));
  }

  DeviceScales scales(Scales scales, int count) {
    return new DeviceScales(
        scaleConstants.floats(scales.forward(), count),
        scaleConstants.floats(scales.backward(), count),
        scales.affine() ? scaleConstants.floats(scales.zeroPoint(), count) : DevicePointer.NULL,
        scales.divides(),
        scales.dividesBack());
  }

  /** Returns the word for a grid in the names of kernels. */
  static String kind(Grid grid) {
    return grid.match(integers -> "integers", floats -> "floats", table -> "table");
  }
}
