package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.Scales;
import org.jspecify.annotations.Nullable;

/**
 * Computes int8 codes for groups that consist of whole rows.
 *
 * <p>Each method writes a byte for each element to {@code codes}. For each row, it writes to {@code
 * rowScales} what the row's codes are divided by, or NaN if an element of the row is NaN.
 */
public final class RowCodes {
  private final Launcher launcher;
  private final Maxima maxima;

  RowCodes(Launcher launcher, Maxima maxima) {
    this.launcher = launcher;
    this.maxima = maxima;
  }

  /**
   * Computes codes under given scales.
   *
   * @param inner the number of elements in a row, a multiple of 4
   */
  public void of(
      DevicePointer x,
      @Nullable PreQuantScale preQuantScale,
      Groups groups,
      int inner,
      Grid grid,
      Scales scales,
      DevicePointer codes,
      DevicePointer rowScales) {
    DeviceScales on = launcher.scales(scales, groups.count());
    of(x, launcher.preQuantScale(preQuantScale), groups, inner, grid, on, codes, rowScales);
  }

  private void of(
      DevicePointer x,
      DevicePreQuantScale pre,
      Groups groups,
      int inner,
      Grid grid,
      DeviceScales scales,
      DevicePointer codes,
      DevicePointer rowScales) {
    DeviceGroups layout = launcher.layout(groups);
    LaunchArguments arguments = arguments(x, groups, inner, codes, rowScales);
    layout.write(arguments);
    pre.write(arguments);
    scales.write(arguments);
    Structs.write(arguments, grid);
    launch("codes_of_rows", groups, inner, arguments);
  }

  /**
   * Computes codes under scales that follow from each group's maximum.
   *
   * @param inner the number of elements in a row, a multiple of 4
   */
  public void byAmax(
      DevicePointer x,
      @Nullable PreQuantScale preQuantScale,
      Groups groups,
      int inner,
      Grid grid,
      AmaxScaling scaling,
      DevicePointer codes,
      DevicePointer rowScales) {
    DevicePreQuantScale pre = launcher.preQuantScale(preQuantScale);
    if (!groups.contiguous() || groups.block() != inner) {
      DeviceScales scales = maxima.scales(x, pre, groups, scaling);
      of(x, pre, groups, inner, grid, scales, codes, rowScales);
      return;
    }
    LaunchArguments arguments = arguments(x, groups, inner, codes, rowScales);
    pre.write(arguments);
    Structs.write(arguments, scaling);
    Structs.write(arguments, grid);
    launch("codes_of_tokens", groups, inner, arguments);
  }

  private LaunchArguments arguments(
      DevicePointer x, Groups groups, int inner, DevicePointer codes, DevicePointer rowScales) {
    LaunchArguments arguments = launcher.arguments().pointer(x).pointer(codes).pointer(rowScales);
    return arguments.integer(rows(groups, inner)).integer(inner);
  }

  /** Launches a kernel whose warps take a row each. */
  private void launch(String kernel, Groups groups, int inner, LaunchArguments arguments) {
    launcher.launch(kernel, Launcher.blocks(rows(groups, inner), Launcher.WARPS), arguments);
  }

  private static int rows(Groups groups, int inner) {
    return groups.elements() / inner;
  }
}
