package dev.bitfold.cuda.launch;

import dev.bitfold.cuda.driver.CudaStream;
import dev.bitfold.cuda.driver.LaunchArguments;
import dev.bitfold.cuda.launch.DeviceGroups.Form;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.PreScale;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import org.jspecify.annotations.Nullable;

/**
 * The operations on tensors that are on the card, one lane's. All are only given to the stream when
 * a method returns, except that what a host array receives is there. Tensors are not empty.
 */
public final class Operations {
  private static final int THREADS = 256;

  /** Warps of a block. */
  private static final int WARPS = THREADS / 32;

  /** Elements of a block where each is taken once. */
  private static final int TILE = 4096;

  /** Elements that the lanes of a warp hold between them. */
  private static final int LANES_HOLD = 128;

  /** Blocks of a multiprocessor, where blocks go on to the next elements. */
  private static final int BLOCKS_EACH = 8;

  /** Bins that a block counts in shared memory. */
  private static final int SHARED_BINS = 4096;

  private static final int MOST_BLOCKS_Y = 65535;

  /** Bytes for the stretches' sums of candidates that are computed at once, about. */
  private static final long SUMS_ROOM = 64 << 20;

  /** Groups with runs this long are summed by a block each. */
  private static final int LONG_RUN = 8 * QuantKernels.STRETCH;

  private final Lane lane;
  private final Constants constants;
  private final Constants scaleConstants;
  private final CudaStream stream;

  /** Of a lane, whose the constants are too. */
  public Operations(Lane lane) {
    this(lane, lane, lane);
  }

  /**
   * Of a lane, with constants that may be there already.
   *
   * @param constants for axes and factors
   * @param scaleConstants for scales, which may be others in every call
   */
  public Operations(Lane lane, Constants constants, Constants scaleConstants) {
    this.lane = lane;
    this.constants = constants;
    this.scaleConstants = scaleConstants;
    this.stream = lane.stream();
  }

  /** Blocks that keep the card busy, where they go on to the next elements. */
  private int mostBlocks() {
    return stream.device().multiprocessors() * BLOCKS_EACH;
  }

  private static int blocks(long elements, int each) {
    return (int) ((elements + each - 1) / each);
  }

  // ---- arguments ----

  private record DevicePreScale(long factors, @Nullable DeviceGroups groups, Form form) {
    void write(LaunchArguments to) {
      to.address(factors);
      if (groups == null) {
        DeviceGroups.writeNone(to);
      } else {
        groups.write(to);
      }
      to.integer(form.code()).align(Long.BYTES);
    }
  }

  private DevicePreScale preScale(@Nullable PreScale pre) {
    if (pre == null) {
      return new DevicePreScale(0, null, Form.ONE);
    }
    Groups groups = pre.groups();
    return new DevicePreScale(
        constants.floats(pre.factors(), groups.count()),
        DeviceGroups.of(groups, constants),
        DeviceGroups.form(groups));
  }

  private record DeviceScales(
      long forward, long backward, long zero, boolean divides, boolean dividesBack) {
    void write(LaunchArguments to) {
      to.address(forward).address(backward).address(zero);
      to.integer(divides ? 1 : 0).integer(dividesBack ? 1 : 0);
    }
  }

  private DeviceScales scales(Scales scales, int count) {
    return new DeviceScales(
        scaleConstants.floats(scales.forward(), count),
        scaleConstants.floats(scales.backward(), count),
        scales.affine() ? scaleConstants.floats(scales.zeroPoint(), count) : 0,
        scales.divides(),
        scales.dividesBack());
  }

  private static String kind(Grid grid) {
    return grid.match(integers -> "integers", floats -> "floats", table -> "table");
  }

  // ---- element by element ----

  /** Rounds; {@code out} may be {@code x}. */
  public void round(
      long x,
      @Nullable PreScale preScale,
      Groups groups,
      Grid grid,
      Scales scales,
      boolean back,
      long out) {
    round(x, preScale(preScale), groups, grid, scales(scales, groups.count()), back, out);
  }

  private void round(
      long x,
      DevicePreScale pre,
      Groups groups,
      Grid grid,
      DeviceScales on,
      boolean back,
      long out) {
    Form form = pre.form() == Form.ANY ? Form.ANY : DeviceGroups.form(groups);
    String kernel = "round_" + kind(grid) + form.suffix();
    DeviceGroups layout = DeviceGroups.of(groups, constants);
    LaunchArguments arguments = lane.arguments().address(x).address(out);
    layout.write(arguments);
    pre.write(arguments);
    on.write(arguments);
    Structs.write(arguments, grid);
    arguments.integer(back ? 1 : 0);
    stream.launch(kernel, blocks(groups.elements(), TILE), 1, arguments);
  }

  /** Multiplies each element by its factor; {@code out} may be {@code x}. */
  public void multiply(long x, PreScale preScale, long out) {
    DevicePreScale pre = preScale(preScale);
    LaunchArguments arguments = lane.arguments().address(x).address(out);
    pre.write(arguments);
    stream.launch("multiply", blocks(preScale.groups().elements(), TILE), 1, arguments);
  }

  // ---- maxima ----

  /** What is compared; the kernels' names begin with it. */
  public enum Maximum {
    AMAX,
    FINITE_AMAX,
    MAX,
    MIN;

    String prefix() {
      return switch (this) {
        case AMAX -> "amax";
        case FINITE_AMAX -> "finite_amax";
        case MAX -> "max";
        case MIN -> "min";
      };
    }

    /** The value of a key of maxima.cuh. */
    float value(int key) {
      return switch (this) {
        case AMAX -> key > 0x7f800000 ? Float.NaN : Float.intBitsToFloat(key);
        case FINITE_AMAX -> Float.intBitsToFloat(key);
        case MAX -> ordered(key);
        case MIN -> key == -1 ? Float.NaN : ordered(~key);
      };
    }

    private static float ordered(int key) {
      return Float.intBitsToFloat(key < 0 ? (key == -1 ? key : key ^ 0x80000000) : ~key);
    }
  }

  /** The maximum of each group. */
  public void maximum(
      Maximum kind, long x, @Nullable PreScale preScale, Groups groups, float[] out) {
    long keys = keys(kind, x, preScale(preScale), groups);
    int[] found = new int[groups.count()];
    lane.staging().download(keys, found, found.length);
    for (int g = 0; g < found.length; g++) {
      out[g] = kind.value(found[g]);
    }
  }

  /** The address of the maxima as keys of maxima.cuh, one per group. */
  private long keys(Maximum kind, long x, DevicePreScale pre, Groups groups) {
    DeviceGroups layout = DeviceGroups.of(groups, constants);
    Form form = pre.form() == Form.ANY ? Form.ANY : DeviceGroups.form(groups);
    long keys = lane.arena().take(4L * groups.count());
    stream.fill(keys, 0, groups.count());
    int columns = groups.columns();
    boolean down = groups.block() == 1 && columns >= 32 && layout.rows() > 1;
    int wide = form == Form.ONE || form == Form.ALIGNED || (down && form == Form.COLUMNS) ? 4 : 1;
    int blocksX;
    int blocksY = 1;
    int rowsEach = 0;
    if (down) {
      blocksX = blocks(columns, THREADS * wide);
      int wanted = Math.max(1, mostBlocks() / blocksX);
      rowsEach = Math.max(1, (layout.rows() - 1) / Math.min(wanted, MOST_BLOCKS_Y) + 1);
      blocksY = (layout.rows() - 1) / rowsEach + 1;
    } else {
      blocksX = Math.min(blocks(groups.elements(), THREADS * wide), mostBlocks());
    }
    LaunchArguments arguments = lane.arguments().address(x).address(keys);
    layout.write(arguments);
    pre.write(arguments);
    arguments.integer(rowsEach);
    String kernel =
        kind.prefix()
            + (down
                ? (wide == 4 ? "_of_four_columns" : "_of_columns")
                : (wide == 4 ? "_of_wide_runs" : "_of_runs"));
    stream.launch(kernel, blocksX, blocksY, arguments);
    return keys;
  }

  /**
   * Rounds under scales that follow from each group's maximum, all on the card; {@code out} may be
   * {@code x}.
   */
  public void quantizeByAmax(
      long x,
      @Nullable PreScale preScale,
      Groups groups,
      Grid grid,
      AmaxScaling scaling,
      boolean back,
      long out) {
    DevicePreScale pre = preScale(preScale);
    if (pre.form() != Form.ANY && fitsABlock(groups)) {
      inOnePass(x, pre, groups, grid, scaling, back, out);
      return;
    }
    round(x, pre, groups, grid, scalesByAmax(x, pre, groups, scaling), back, out);
  }

  private DeviceScales scalesByAmax(
      long x, DevicePreScale pre, Groups groups, AmaxScaling scaling) {
    int count = groups.count();
    long keys = keys(scaling.finite() ? Maximum.FINITE_AMAX : Maximum.AMAX, x, pre, groups);
    long forward = lane.arena().take(4L * count);
    long backward = lane.arena().take(4L * count);
    LaunchArguments arguments = lane.arguments().address(keys).integer(count);
    Structs.write(arguments, scaling.formula());
    arguments.address(forward).address(backward);
    stream.launch("scales_of_maxima", Math.min(blocks(count, THREADS), mostBlocks()), 1, arguments);
    return new DeviceScales(forward, backward, 0, scaling.divides(), scaling.dividesBack());
  }

  /** Whether each group is of neighbours that a block of threads takes at once, four by four. */
  private static boolean fitsABlock(Groups groups) {
    int length = groups.block();
    return groups.contiguous()
        && length % 4 == 0
        && length <= TILE
        && groups.elements() % length == 0
        // Threads of a block must not be idle for the most part.
        && (length <= LANES_HOLD ? Integer.bitCount(length) == 1 : length >= TILE / 16);
  }

  /** The tensor is read once and written once. */
  private void inOnePass(
      long x,
      DevicePreScale pre,
      Groups groups,
      Grid grid,
      AmaxScaling scaling,
      boolean back,
      long out) {
    int length = groups.block();
    boolean lanes = length <= LANES_HOLD;
    LaunchArguments arguments = lane.arguments().address(x).address(out);
    if (lanes) {
      arguments.integer(groups.elements()).integer(length / 4);
    } else {
      arguments.integer(length).align(Long.BYTES);
    }
    pre.write(arguments);
    Structs.write(arguments, scaling);
    Structs.write(arguments, grid);
    arguments.integer(back ? 1 : 0);
    stream.launch(
        (lanes ? "quantize_blocks_" : "quantize_rows_") + kind(grid),
        lanes ? blocks(groups.elements(), TILE) : groups.count(),
        1,
        arguments);
  }

  // ---- int8 codes ----

  /**
   * Codes of one byte, of groups that take each row whole.
   *
   * @param inner elements of a row, a multiple of 4
   * @param codes a byte for each element
   * @param rowScales what each row's codes are divided by; NaN where an element is
   */
  public void rowCodes(
      long x,
      @Nullable PreScale preScale,
      Groups groups,
      int inner,
      Grid grid,
      Scales scales,
      long codes,
      long rowScales) {
    DeviceScales on = scales(scales, groups.count());
    rowCodes(x, preScale(preScale), groups, inner, grid, on, codes, rowScales);
  }

  private void rowCodes(
      long x,
      DevicePreScale pre,
      Groups groups,
      int inner,
      Grid grid,
      DeviceScales scales,
      long codes,
      long rowScales) {
    int rows = groups.elements() / inner;
    DeviceGroups layout = DeviceGroups.of(groups, constants);
    LaunchArguments arguments = lane.arguments().address(x).address(codes).address(rowScales);
    arguments.integer(rows).integer(inner);
    layout.write(arguments);
    pre.write(arguments);
    scales.write(arguments);
    Structs.write(arguments, grid);
    stream.launch("codes_of_rows", blocks(rows, WARPS), 1, arguments);
  }

  /** The same under scales that follow from each group's maximum. */
  public void rowCodesByAmax(
      long x,
      @Nullable PreScale preScale,
      Groups groups,
      int inner,
      Grid grid,
      AmaxScaling scaling,
      long codes,
      long rowScales) {
    DevicePreScale pre = preScale(preScale);
    if (!groups.contiguous() || groups.block() != inner) {
      DeviceScales scales = scalesByAmax(x, pre, groups, scaling);
      rowCodes(x, pre, groups, inner, grid, scales, codes, rowScales);
      return;
    }
    int rows = groups.elements() / inner;
    LaunchArguments arguments = lane.arguments().address(x).address(codes).address(rowScales);
    arguments.integer(rows).integer(inner);
    pre.write(arguments);
    Structs.write(arguments, scaling);
    Structs.write(arguments, grid);
    stream.launch("codes_of_tokens", blocks(rows, WARPS), 1, arguments);
  }

  // ---- ordered sums ----

  /** The gradient of a clip; {@code out} may be {@code gradient}. */
  public void clipGradient(
      long x,
      long gradient,
      Groups groups,
      float[] low,
      float[] high,
      long out,
      double[] below,
      double[] above) {
    DeviceGroups layout = DeviceGroups.of(groups, constants);
    long numbers = layout.stretches(QuantKernels.STRETCH);
    long sums = lane.arena().take(2 * 8 * numbers);
    long least = constants.floats(low, groups.count());
    long most = constants.floats(high, groups.count());
    LaunchArguments arguments = lane.arguments().address(x).address(gradient).address(out);
    layout.write(arguments);
    arguments.address(least).address(most).address(sums).address(sums + 8 * numbers);
    stream.launch("clip_gradient", teams(groups), 1, arguments);
    double[] found = new double[2 * groups.count()];
    orderedSums(layout, sums, numbers, 2, true, found);
    System.arraycopy(found, 0, below, 0, groups.count());
    System.arraycopy(found, groups.count(), above, 0, groups.count());
  }

  /** The gradients of a learned step; {@code out} may be {@code gradient}. */
  public void stepGradient(
      long x,
      long gradient,
      Groups groups,
      float[] low,
      float[] high,
      float[] step,
      long out,
      double[] below,
      double[] above,
      double[] inside) {
    DeviceGroups layout = DeviceGroups.of(groups, lane);
    int count = groups.count();
    long numbers = layout.stretches(QuantKernels.STRETCH);
    long sums = lane.arena().take(3 * 8 * numbers);
    long least = constants.floats(low, count);
    long most = constants.floats(high, count);
    long width = constants.floats(step, count);
    LaunchArguments arguments = lane.arguments().address(x).address(gradient).address(out);
    layout.write(arguments);
    arguments.address(least).address(most).address(width);
    arguments.address(sums).address(sums + 8 * numbers).address(sums + 16 * numbers);
    stream.launch("step_gradient", teams(groups), 1, arguments);
    double[] found = new double[3 * count];
    orderedSums(layout, sums, numbers, 3, true, found);
    System.arraycopy(found, 0, below, 0, count);
    System.arraycopy(found, count, above, 0, count);
    System.arraycopy(found, 2 * count, inside, 0, count);
  }

  /** What quantizing costs under each candidate. */
  public void squaredErrors(
      long x,
      @Nullable PreScale preScale,
      Groups groups,
      Grid grid,
      Scales[] candidates,
      double[][] out) {
    DeviceGroups layout = DeviceGroups.of(groups, constants);
    DevicePreScale pre = preScale(preScale);
    long numbers = layout.stretches(QuantKernels.STRETCH);
    int most = (int) Math.max(1, Math.min(MOST_BLOCKS_Y, SUMS_ROOM / (8 * numbers)));
    most = Math.min(most, candidates.length);
    long sums = lane.arena().take(8 * numbers * most);
    for (int first = 0; first < candidates.length; ) {
      int end = first + 1;
      while (end < candidates.length
          && end - first < most
          && alike(candidates[first], candidates[end])) {
        end++;
      }
      DeviceScales scales = joined(candidates, first, end, groups.count());
      LaunchArguments arguments = lane.arguments().address(x);
      layout.write(arguments);
      pre.write(arguments);
      scales.write(arguments);
      Structs.write(arguments, grid);
      arguments.address(sums).integer((int) numbers);
      stream.launch("squared_errors_" + kind(grid), teams(groups), end - first, arguments);
      double[] found = new double[(end - first) * groups.count()];
      orderedSums(layout, sums, numbers, end - first, false, found);
      for (int c = first; c < end; c++) {
        System.arraycopy(found, (c - first) * groups.count(), out[c], 0, groups.count());
      }
      first = end;
    }
  }

  private static boolean alike(Scales a, Scales b) {
    return a.divides() == b.divides()
        && a.dividesBack() == b.dividesBack()
        && a.affine() == b.affine();
  }

  /** The scales of candidates, one behind the other. */
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
    return scales(new Scales(forward, one.divides(), backward, one.dividesBack(), zero), all);
  }

  private static int teams(Groups groups) {
    return blocks(groups.elements(), THREADS / QuantKernels.TURNS * QuantKernels.STRETCH);
  }

  private void orderedSums(
      DeviceGroups layout, long stretches, long numbers, int sets, boolean parts, double[] out) {
    Groups groups = layout.groups();
    long sums = lane.arena().take(8L * out.length);
    LaunchArguments arguments = lane.arguments().address(stretches).address(sums);
    layout.write(arguments);
    arguments.integer((int) numbers).integer(parts ? 1 : 0);
    if (groups.contiguous() && groups.block() >= LONG_RUN) {
      stream.launch("sums_of_long_runs", groups.count(), sets, arguments);
    } else {
      stream.launch("sums_of_groups", blocks(groups.count(), THREADS), sets, arguments);
    }
    lane.staging().download(sums, out, out.length);
  }

  // ---- histogram ----

  /** Adds the counts of each group's bins. */
  public void histogram(
      long x,
      @Nullable PreScale preScale,
      Groups groups,
      float[] inverseWidth,
      int bins,
      long[] counts) {
    DeviceGroups layout = DeviceGroups.of(groups, constants);
    DevicePreScale pre = preScale(preScale);
    long inverse = constants.floats(inverseWidth, groups.count());
    int all = Math.multiplyExact(groups.count(), bins);
    long found = lane.arena().take(8L * all);
    stream.fill(found, 0, 2L * all);
    LaunchArguments arguments = lane.arguments().address(x);
    layout.write(arguments);
    pre.write(arguments);
    arguments.address(inverse).integer(bins).address(found);
    String kernel = all <= SHARED_BINS ? "histogram_of_few" : "histogram";
    stream.launch(kernel, Math.min(blocks(groups.elements(), THREADS), mostBlocks()), 1, arguments);
    lane.staging().downloadAdding(found, counts, all);
  }
}
