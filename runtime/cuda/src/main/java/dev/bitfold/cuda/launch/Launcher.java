package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.CudaStream;
import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.Scales;
import org.jspecify.annotations.Nullable;

/**
 * Launches the kernels of all operations.
 *
 * @param lane the lane in which everything runs
 * @param constants the constants for axes and factors
 * @param scaleConstants the constants for scales, which may differ in every call
 */
record Launcher(Lane lane, Constants constants, Constants scaleConstants) {
  /** The number of threads in a block. */
  static final int THREADS = 256;

  /** The number of warps in a block. */
  static final int WARPS = THREADS / 32;

  /** The number of elements of a block, if a block takes each element once. */
  static final int TILE = 4096;

  static final int MAX_BLOCKS_Y = 65535;

  /** The number of blocks of a multiprocessor, if blocks go on to the next elements. */
  private static final int BLOCKS_EACH = 8;

  CudaStream stream() {
    return lane.stream();
  }

  /** Returns an empty list of arguments for the next launch. */
  LaunchArguments arguments() {
    return lane.arguments();
  }

  /** Returns memory for use until the operation is complete. */
  DevicePointer take(long bytes) {
    return lane.take(bytes);
  }

  /** Launches a row of blocks. */
  void launch(String kernel, int blocks, LaunchArguments arguments) {
    stream().launch(kernel, blocks, 1, arguments);
  }

  /** Returns the number of blocks if each takes {@code each} elements. */
  static int blocks(long elements, int each) {
    return (int) ((elements + each - 1) / each);
  }

  /** Returns a number of blocks that keeps the device busy, with one for each tile at most. */
  int busyBlocks(long elements) {
    return Math.min(blocks(elements, THREADS), mostBlocks());
  }

  /** Returns the number of blocks that keep the device busy, if they go on to the next elements. */
  int mostBlocks() {
    return stream().device().multiprocessors() * BLOCKS_EACH;
  }

  DeviceGroups layout(Groups groups) {
    return DeviceGroups.of(groups, constants);
  }

  DevicePreQuantScale preQuantScale(@Nullable PreQuantScale pre) {
    if (pre == null) {
      return DevicePreQuantScale.NONE;
    }
    Groups groups = pre.groups();
    return new DevicePreQuantScale(
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
