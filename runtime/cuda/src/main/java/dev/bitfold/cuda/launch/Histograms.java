package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import org.jspecify.annotations.Nullable;

/** Counts the elements in each bin. */
public final class Histograms {
  /** The number of bins that a block counts in shared memory. */
  private static final int SHARED_BINS = 4096;

  private final Launcher launcher;

  Histograms(Launcher launcher) {
    this.launcher = launcher;
  }

  /**
   * Adds the counts of each group's bins to those of a host array.
   *
   * @param inverseWidth the number of bins per unit, for each group
   * @param bins the number of bins of each group
   * @param counts the bins of all groups, one group after the other
   */
  public void count(
      DevicePointer x,
      @Nullable PreQuantScale preQuantScale,
      Groups groups,
      float[] inverseWidth,
      int bins,
      long[] counts) {
    DeviceGroups layout = launcher.layout(groups);
    DevicePreQuantScale pre = launcher.preQuantScale(preQuantScale);
    DevicePointer inverse = launcher.constants().floats(inverseWidth, groups.count());
    int all = Math.multiplyExact(groups.count(), bins);
    DevicePointer found = launcher.take((long) Long.BYTES * all);
    launcher.stream().fill(found, 0, 2L * all);
    LaunchArguments arguments = launcher.arguments().pointer(x);
    layout.write(arguments);
    pre.write(arguments);
    arguments.pointer(inverse).integer(bins).pointer(found);
    String kernel = all <= SHARED_BINS ? "histogram_of_few" : "histogram";
    launcher.launch(kernel, launcher.busyBlocks(groups.elements()), arguments);
    launcher.lane().staging().downloadAdding(found, counts, all);
  }
}
