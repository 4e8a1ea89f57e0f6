package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.launch.DeviceGroups.Form;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.Scales;
import org.jspecify.annotations.Nullable;

/** Computes a value for each element, possibly in place. */
public final class Rounder {
  /** The number of elements that the threads of a warp hold together. */
  private static final int LANES_HOLD = 128;

  private final Launcher launcher;
  private final Maxima maxima;

  Rounder(Launcher launcher, Maxima maxima) {
    this.launcher = launcher;
    this.maxima = maxima;
  }

  /**
   * Rounds to a grid.
   *
   * @param back whether codes become values again
   * @param out may be {@code x}
   */
  public void round(
      DevicePointer x,
      @Nullable PreQuantScale preQuantScale,
      Groups groups,
      Grid grid,
      Scales scales,
      boolean back,
      DevicePointer out) {
    DeviceScales on = launcher.scales(scales, groups.count());
    round(x, launcher.preQuantScale(preQuantScale), groups, grid, on, back, out);
  }

  private void round(
      DevicePointer x,
      DevicePreQuantScale pre,
      Groups groups,
      Grid grid,
      DeviceScales on,
      boolean back,
      DevicePointer out) {
    Form form = pre.form() == Form.ANY ? Form.ANY : DeviceGroups.form(groups);
    DeviceGroups layout = launcher.layout(groups);
    LaunchArguments arguments = launcher.arguments().pointer(x).pointer(out);
    layout.write(arguments);
    pre.write(arguments);
    on.write(arguments);
    Structs.write(arguments, grid);
    arguments.integer(back ? 1 : 0);
    launcher.launch(
        "round_" + Launcher.kind(grid) + form.suffix(),
        Launcher.blocks(groups.elements(), Launcher.TILE),
        arguments);
  }

  /**
   * Multiplies each element by its pre-quant scale.
   *
   * @param out may be {@code x}
   */
  public void multiply(DevicePointer x, PreQuantScale preQuantScale, DevicePointer out) {
    DevicePreQuantScale pre = launcher.preQuantScale(preQuantScale);
    LaunchArguments arguments = launcher.arguments().pointer(x).pointer(out);
    pre.write(arguments);
    long elements = preQuantScale.groups().elements();
    launcher.launch("multiply", Launcher.blocks(elements, Launcher.TILE), arguments);
  }

  /**
   * Rounds under scales that follow from each group's maximum, all on the device.
   *
   * @param back whether codes become values again
   * @param out may be {@code x}
   */
  public void quantizeByAmax(
      DevicePointer x,
      @Nullable PreQuantScale preQuantScale,
      Groups groups,
      Grid grid,
      AmaxScaling scaling,
      boolean back,
      DevicePointer out) {
    DevicePreQuantScale pre = launcher.preQuantScale(preQuantScale);
    if (pre.form() != Form.ANY && fitsABlock(groups)) {
      inOnePass(x, pre, groups, grid, scaling, back, out);
      return;
    }
    round(x, pre, groups, grid, maxima.scales(x, pre, groups, scaling), back, out);
  }

  /**
   * Returns whether each group consists of adjacent elements that a block of threads takes at once,
   * four to a thread.
   */
  private static boolean fitsABlock(Groups groups) {
    int length = groups.block();
    return groups.contiguous()
        && length % 4 == 0
        && length <= Launcher.TILE
        && groups.elements() % length == 0
        // Threads of a block must not be idle for the most part.
        && (length <= LANES_HOLD ? Integer.bitCount(length) == 1 : length >= Launcher.TILE / 16);
  }

  /** Reads the tensor once and writes it once. */
  private void inOnePass(
      DevicePointer x,
      DevicePreQuantScale pre,
      Groups groups,
      Grid grid,
      AmaxScaling scaling,
      boolean back,
      DevicePointer out) {
    int length = groups.block();
    boolean lanes = length <= LANES_HOLD;
    LaunchArguments arguments = launcher.arguments().pointer(x).pointer(out);
    if (lanes) {
      arguments.integer(groups.elements()).integer(length / 4);
    } else {
      arguments.integer(length).align(Long.BYTES);
    }
    pre.write(arguments);
    Structs.write(arguments, scaling);
    Structs.write(arguments, grid);
    arguments.integer(back ? 1 : 0);
    launcher.launch(
        (lanes ? "quantize_blocks_" : "quantize_rows_") + Launcher.kind(grid),
        lanes ? Launcher.blocks(groups.elements(), Launcher.TILE) : groups.count(),
        arguments);
  }
}
