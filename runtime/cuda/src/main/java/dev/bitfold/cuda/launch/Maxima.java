package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.launch.DeviceGroups.Form;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import org.jspecify.annotations.Nullable;

/** Finds the maximum of each group, and the scales that follow from it. */
public final class Maxima {
  private final Launcher launcher;

  Maxima(Launcher launcher) {
    this.launcher = launcher;
  }

  /** Writes the maximum of each group to a host array. */
  public void find(
      Maximum kind,
      DevicePointer x,
      @Nullable PreQuantScale preQuantScale,
      Groups groups,
      float[] out) {
    DevicePointer keys = keys(kind, x, launcher.preQuantScale(preQuantScale), groups);
    int[] found = new int[groups.count()];
    launcher.lane().staging().download(keys, found, found.length);
    for (int g = 0; g < found.length; g++) {
      out[g] = kind.value(found[g]);
    }
  }

  /** Returns the maxima as keys of maxima.cuh, an integer for each group. */
  private DevicePointer keys(
      Maximum kind, DevicePointer x, DevicePreQuantScale pre, Groups groups) {
    DeviceGroups layout = launcher.layout(groups);
    Form form = pre.form() == Form.ANY ? Form.ANY : DeviceGroups.form(groups);
    DevicePointer keys = launcher.take((long) Integer.BYTES * groups.count());
    launcher.stream().fill(keys, 0, groups.count());
    int columns = groups.columns();
    boolean down = groups.block() == 1 && columns >= 32 && layout.rows() > 1;
    int wide = form == Form.ONE || form == Form.ALIGNED || (down && form == Form.COLUMNS) ? 4 : 1;
    int blocksX;
    int blocksY = 1;
    int rowsEach = 0;
    if (down) {
      blocksX = Launcher.blocks(columns, Launcher.THREADS * wide);
      int wanted = Math.max(1, launcher.mostBlocks() / blocksX);
      rowsEach = Math.max(1, (layout.rows() - 1) / Math.min(wanted, Launcher.MAX_BLOCKS_Y) + 1);
      blocksY = (layout.rows() - 1) / rowsEach + 1;
    } else {
      blocksX =
          Math.min(
              Launcher.blocks(groups.elements(), Launcher.THREADS * wide), launcher.mostBlocks());
    }
    LaunchArguments arguments = launcher.arguments().pointer(x).pointer(keys);
    layout.write(arguments);
    pre.write(arguments);
    arguments.integer(rowsEach);
    String kernel =
        kind.prefix()
            + (down
                ? (wide == 4 ? "_of_four_columns" : "_of_columns")
                : (wide == 4 ? "_of_wide_runs" : "_of_runs"));
    launcher.stream().launch(kernel, blocksX, blocksY, arguments);
    return keys;
  }

  /** Returns the scales that follow from each group's maximum. */
  DeviceScales scales(
      DevicePointer x, DevicePreQuantScale pre, Groups groups, AmaxScaling scaling) {
    int count = groups.count();
    DevicePointer keys =
        keys(scaling.finite() ? Maximum.FINITE_AMAX : Maximum.AMAX, x, pre, groups);
    DevicePointer forward = launcher.take((long) Float.BYTES * count);
    DevicePointer backward = launcher.take((long) Float.BYTES * count);
    LaunchArguments arguments = launcher.arguments().pointer(keys).integer(count);
    Structs.write(arguments, scaling.formula());
    arguments.pointer(forward).pointer(backward);
    launcher.launch("scales_of_maxima", launcher.busyBlocks(count), arguments);
    return new DeviceScales(
        forward, backward, DevicePointer.NULL, scaling.divides(), scaling.dividesBack());
  }
}
