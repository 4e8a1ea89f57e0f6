package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.DevicePointer;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.kernel.Clip;
import dev.bitfold.kernel.GradientSums;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreQuantScale;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Sums over each group in the order of {@link QuantKernels}, with the same bits everywhere. */
public final class OrderedSums {
  /** The approximate number of bytes for sums of candidates that are computed at once. */
  private static final long SUMS_ROOM = 64 << 20;

  /** Groups with runs this long are summed by a block each. */
  private static final int LONG_RUN = 8 * QuantKernels.CHUNK;

  private final Launcher launcher;

  OrderedSums(Launcher launcher) {
    this.launcher = launcher;
  }

  /**
   * Computes the gradient of a clip.
   *
   * @param out may be {@code gradient}
   * @param of receives the sums
   */
  public void clipGradient(
      DevicePointer x,
      DevicePointer gradient,
      Groups groups,
      Clip clip,
      DevicePointer out,
      GradientSums of) {
    DeviceGroups layout = launcher.layout(groups);
    Runs sums = runs(layout, 2);
    DevicePointer min = launcher.constants().floats(clip.low(), groups.count());
    DevicePointer max = launcher.constants().floats(clip.high(), groups.count());
    LaunchArguments arguments = launcher.arguments().pointer(x).pointer(gradient).pointer(out);
    layout.write(arguments);
    arguments.pointer(min).pointer(max).pointer(sums.set(0)).pointer(sums.set(1));
    launcher.launch("clip_gradient", teams(groups), arguments);
    download(layout, sums, true, of.below(), of.above());
  }

  /**
   * Computes the gradients of a learned step.
   *
   * @param out may be {@code gradient}
   * @param of receives the sums
   */
  public void stepGradient(
      DevicePointer x,
      DevicePointer gradient,
      Groups groups,
      Clip clip,
      float[] step,
      DevicePointer out,
      GradientSums of) {
    DeviceGroups layout = launcher.layout(groups);
    Runs sums = runs(layout, 3);
    DevicePointer min = launcher.constants().floats(clip.low(), groups.count());
    DevicePointer max = launcher.constants().floats(clip.high(), groups.count());
    DevicePointer width = launcher.constants().floats(step, groups.count());
    LaunchArguments arguments = launcher.arguments().pointer(x).pointer(gradient).pointer(out);
    layout.write(arguments);
    arguments.pointer(min).pointer(max).pointer(width);
    arguments.pointer(sums.set(0)).pointer(sums.set(1)).pointer(sums.set(2));
    launcher.launch("step_gradient", teams(groups), arguments);
    download(layout, sums, true, of.below(), of.above(), of.inside());
  }

  /** Computes the squared error of quantizing under each candidate. */
  public void squaredErrors(
      DevicePointer x,
      @Nullable PreQuantScale preQuantScale,
      Groups groups,
      Grid grid,
      Scales[] candidates,
      double[][] out) {
    DeviceGroups layout = launcher.layout(groups);
    DevicePreQuantScale pre = launcher.preQuantScale(preQuantScale);
    long bytes = Double.BYTES * layout.runs(QuantKernels.CHUNK);
    int most = (int) Math.max(1, Math.min(Launcher.MAX_BLOCKS_Y, SUMS_ROOM / bytes));
    Runs sums = runs(layout, Math.min(most, candidates.length));
    for (int first = 0; first < candidates.length; ) {
      int end = first + 1;
      while (end < candidates.length
          && end - first < sums.sets()
          && alike(candidates[first], candidates[end])) {
        end++;
      }
      DeviceScales scales = joined(candidates, first, end, groups.count());
      LaunchArguments arguments = launcher.arguments().pointer(x);
      layout.write(arguments);
      pre.write(arguments);
      scales.write(arguments);
      Structs.write(arguments, grid);
      arguments.pointer(sums.set(0)).integer((int) sums.numbers());
      String kernel = "squared_errors_" + Launcher.kind(grid);
      launcher.stream().launch(kernel, teams(groups), end - first, arguments);
      download(layout, sums, false, Arrays.copyOfRange(out, first, end));
      first = end;
    }
  }

  private static boolean alike(Scales a, Scales b) {
    return a.divides() == b.divides()
        && a.dividesBack() == b.dividesBack()
        && a.affine() == b.affine();
  }

  /** Returns the scales of candidates, one candidate after the other. */
  private DeviceScales joined(Scales[] candidates, int first, int end, int count) {
    int all = (end - first) * count;
    float[] forward = new float[all];
    float[] backward = new float[all];
    boolean affine = candidates[first].affine();
    float[] zero = new float[affine ? all : 0];
    for (int c = first; c < end; c++) {
      int at = (c - first) * count;
      System.arraycopy(candidates[c].forward(), 0, forward, at, count);
      System.arraycopy(candidates[c].backward(), 0, backward, at, count);
      if (affine) {
        System.arraycopy(candidates[c].zeroPoint(), 0, zero, at, count);
      }
    }
    Scales one = candidates[first];
    return launcher.scales(
        new Scales(forward, one.divides(), backward, one.dividesBack(), zero), all);
  }

  /**
   * Holds memory for the sums of runs, which kernels write and {@link #download} adds up.
   *
   * @param sums the sums of the first set, a double each; the other sets follow
   * @param numbers the number of sums in a set
   * @param sets the number of sets, such as one for values below and one for values above a limit
   */
  private record Runs(DevicePointer sums, long numbers, int sets) {
    DevicePointer set(int set) {
      return sums.plus(Double.BYTES * numbers * set);
    }
  }

  private Runs runs(DeviceGroups layout, int sets) {
    long numbers = layout.runs(QuantKernels.CHUNK);
    return new Runs(launcher.take(Double.BYTES * numbers * sets), numbers, sets);
  }

  private static int teams(Groups groups) {
    int each = Launcher.THREADS / QuantKernels.TURNS * QuantKernels.CHUNK;
    return Launcher.blocks(groups.elements(), each);
  }

  /**
   * Adds up each group's runs, and writes the sums to host arrays.
   *
   * @param parts whether runs are first added up within each part of the tensor
   * @param out an array for each set, or for the first ones
   */
  private void download(DeviceGroups layout, Runs runs, boolean parts, double[]... out) {
    Groups groups = layout.groups();
    double[] found = new double[out.length * groups.count()];
    DevicePointer sums = launcher.take((long) Double.BYTES * found.length);
    LaunchArguments arguments = launcher.arguments().pointer(runs.sums()).pointer(sums);
    layout.write(arguments);
    arguments.integer((int) runs.numbers()).integer(parts ? 1 : 0);
    boolean blockEach = groups.contiguous() && groups.block() >= LONG_RUN;
    String kernel = blockEach ? "sums_of_long_runs" : "sums_of_groups";
    int blocks = blockEach ? groups.count() : Launcher.blocks(groups.count(), Launcher.THREADS);
    launcher.stream().launch(kernel, blocks, out.length, arguments);
    launcher.lane().staging().download(sums, found, found.length);
    for (int set = 0; set < out.length; set++) {
      System.arraycopy(found, set * groups.count(), out[set], 0, groups.count());
    }
  }
}
