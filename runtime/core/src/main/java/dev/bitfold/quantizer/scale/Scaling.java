package dev.bitfold.quantizer.scale;

import dev.bitfold.annotations.Rounding;
import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.BlockSize;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.ScaleFormat;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.TensorKernels;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Finds a descriptor's scales for a tensor. Immutable. */
public final class Scaling {
  private final QuantDescriptor descriptor;
  private final @Nullable Fixed fixed;

  /** The scales if they do not depend on the tensor. */
  private final @Nullable ScaleSet ready;

  private final @Nullable OwnScales own;

  public Scaling(QuantDescriptor descriptor, @Nullable Fixed fixed) {
    this.descriptor = descriptor;
    this.fixed = fixed;
    this.ready = fixed == null || globalScale(descriptor) ? null : ofFixed(fixed);
    this.own = fixed == null ? OwnScales.of(descriptor) : null;
  }

  /** Returns whether block scales are under a global scale, whose amax can be fixed. */
  public static boolean globalScale(QuantDescriptor descriptor) {
    return descriptor.scaleFormat() == ScaleFormat.E4M3;
  }

  /** Returns the numbers that elements are rounded to. */
  public static Grid grid(QuantDescriptor descriptor) {
    // OCP's integers are symmetric.
    boolean symmetric = descriptor.scaleFormat() == ScaleFormat.E8M0;
    Rounding rounding = descriptor.rounding();
    return descriptor
        .format()
        .match(
            integers ->
                new Grid.Integers(
                    symmetric ? -integers.max() : integers.min(), integers.max(), rounding),
            floats ->
                new Grid.Floats(floats.mantissa(), floats.minExponent(), floats.max(), rounding),
            nf4 -> new Grid.Table());
  }

  /**
   * Returns how each group's scale follows from the group's own elements once the tensor's global
   * amax is known; null if it does not follow from them.
   *
   * @param shape the tensor's shape
   */
  public @Nullable OwnScales own(TensorKernels tensor, long[] shape) {
    if (!globalScale(descriptor)) {
      return own;
    }
    boolean one = fixed == null || fixed.values().single();
    return one ? new OwnScales.UnderGlobal(e4m3(), global(tensor, shape), finite()) : null;
  }

  /** Returns the global amax: the fixed one, or that of the tensor. */
  private float global(TensorKernels tensor, long[] shape) {
    float[] amax = new float[1];
    if (fixed == null) {
      Groups whole = Groups.perTensor(shape);
      tensor.amax(whole, amax);
      if (finite() && !Float.isFinite(amax[0])) {
        tensor.finiteAmax(whole, amax);
      }
    } else {
      amax[0] = fixed.values().values()[0];
    }
    return scaled(amax)[0];
  }

  /** Returns whether an amax ignores values that are not finite. */
  private boolean finite() {
    ScaleRule rule = descriptor.scaleRule();
    return rule == ScaleRule.CEIL || (rule == ScaleRule.RECIPROCAL && globalScale(descriptor));
  }

  private E4m3Scales e4m3() {
    return new E4m3Scales(descriptor.format().largest(), descriptor.scaleRule());
  }

  /** Returns whether the scales are known without a tensor. */
  public boolean isReady() {
    return ready != null;
  }

  public @Nullable Fixed fixed() {
    return fixed;
  }

  /** Returns whether one fixed value serves all groups. */
  public boolean single() {
    return ready != null && ready.scales().forward().length == 1;
  }

  /** Returns the shape that the single fixed value was given with. */
  public long[] singleShape() {
    return fixed == null ? new long[0] : fixed.values().shape();
  }

  /**
   * Returns the groups that have scales: those of the tensor, or a single one if one fixed value
   * serves all.
   */
  public Groups groups(Groups granularity, long[] shape) {
    return single() ? Groups.perTensor(shape) : granularity;
  }

  /**
   * Returns the scales for a tensor.
   *
   * @param shape the tensor's shape
   * @param groups the groups of {@link #groups}
   * @throws IllegalArgumentException if the fixed values do not fit the groups
   */
  public ScaleSet of(TensorKernels tensor, long[] shape, Groups groups) {
    if (fixed != null && !globalScale(descriptor) && !fixed.values().fits(groups.shape())) {
      throw Misfit.of(
          descriptor,
          shape,
          "the fixed "
              + fixed.values()
              + " does not fit its scales' "
              + Arrays.toString(groups.shape()));
    }
    if (ready != null) {
      return ready;
    }
    if (descriptor.affine()) {
      float[] min = new float[groups.count()];
      float[] max = new float[groups.count()];
      tensor.range(groups, min, max);
      return AffineScales.ofRange(integers(), min, max);
    }
    float[] amax = blockAmax(tensor, groups);
    return globalScale(descriptor) ? underGlobal(shape, groups, amax) : ofAmax(scaled(amax));
  }

  private float[] blockAmax(TensorKernels tensor, Groups groups) {
    float[] amax = new float[groups.count()];
    tensor.amax(groups, amax);
    if (finite()) {
      for (float value : amax) {
        if (!Float.isFinite(value)) {
          tensor.finiteAmax(groups, amax);
          break;
        }
      }
    }
    return amax;
  }

  private ScaleSet ofFixed(Fixed given) {
    float[] values = given.values().values();
    if (given instanceof Fixed.OfRange range) {
      return AffineScales.ofRange(integers(), values, range.max().values());
    }
    if (given instanceof Fixed.OfScale scale) {
      return AffineScales.ofZeroPoint(values, scale.zeroPoint().values());
    }
    return ofAmax(scaled(values));
  }

  private ScaleSet ofAmax(float[] amax) {
    return switch (descriptor.scaleFormat()) {
      case FLOAT32 -> amaxScales(descriptor).of(amax);
      case INT8 -> new DoubleQuantizedScales(amaxScales(descriptor), run(descriptor)).of(amax);
      case E8M0 -> new PowerOfTwoScales(descriptor.format(), descriptor.scaleRule()).of(amax);
      case E4M3 -> throw new IllegalStateException(descriptor + " needs the tensor's global amax");
    };
  }

  private static AmaxScales amaxScales(QuantDescriptor descriptor) {
    return AmaxScales.of(descriptor.format(), descriptor.scaleRule() == ScaleRule.RECIPROCAL);
  }

  /** Returns the number of int8 block scales that share a second scale. */
  private static int run(QuantDescriptor descriptor) {
    return descriptor.scaleBlockSizes().stream()
        .mapToInt(BlockSize::size)
        .findFirst()
        .orElse(BlockSize.WHOLE);
  }

  /**
   * Returns the scales that a packed tensor of a descriptor was stored with.
   *
   * @throws IllegalArgumentException if there are too many or too few scales for the groups
   */
  public static StoredScales stored(QuantDescriptor descriptor, Groups groups, PackedParts parts) {
    boolean floats = descriptor.scaleFormat() == ScaleFormat.FLOAT32;
    require(descriptor, groups, floats ? 0 : groups.count(), parts.scaleCodes().length);
    byte[] codes = parts.scaleCodes().clone();
    float[] values = parts.scales().clone();
    return switch (descriptor.scaleFormat()) {
      case FLOAT32 -> {
        require(descriptor, groups, groups.count(), values.length);
        boolean divides = !descriptor.affine() && amaxScales(descriptor).kind().dividesBack();
        yield new StoredScales.Floats(values, divides);
      }
      case E8M0 -> {
        require(descriptor, groups, 0, values.length);
        yield new PowerOfTwoScales(descriptor.format(), descriptor.scaleRule()).stored(codes);
      }
      case E4M3 -> {
        boolean one = values.length == 1;
        Groups globals =
            one ? Groups.perTensor(groups.shape()) : Groups.perIndex(groups.shape(), 0);
        require(descriptor, groups, globals.count(), values.length);
        boolean reciprocal = descriptor.scaleRule() == ScaleRule.RECIPROCAL;
        yield new StoredScales.E4m3(
            codes, values, globals, descriptor.format().largest(), reciprocal);
      }
      case INT8 -> {
        int run = Math.min(run(descriptor), codes.length);
        require(descriptor, groups, (codes.length - 1) / run + 1, values.length);
        yield new StoredScales.Int8(
            codes, values, parts.scaleOffset(), run, amaxScales(descriptor));
      }
    };
  }

  private static void require(QuantDescriptor descriptor, Groups groups, int expected, int found) {
    if (expected != found) {
      throw new IllegalArgumentException(
          descriptor + " of " + groups + " takes " + expected + " scales there, not " + found);
    }
  }

  /** Returns the format of an affine descriptor, which is always an integer format. */
  private IntFormat integers() {
    return descriptor.format().integers().orElseThrow();
  }

  private ScaleSet underGlobal(long[] shape, Groups groups, float[] amax) {
    E4m3Scales scales = e4m3();
    if (fixed == null || fixed.values().single()) {
      float[] global = fixed == null ? new float[] {largest(amax)} : fixed.values().values();
      return scales.of(amax, scaled(global), Groups.perTensor(groups.shape()));
    }
    return scales.of(amax, scaled(fixed.values().values()), perRow(shape, groups.shape()));
  }

  /**
   * Returns groups with a global amax for each index of the first axis, if that axis is not
   * blocked.
   */
  private Groups perRow(long[] shape, long[] groups) {
    GroupValues given = fixed == null ? new GroupValues(new float[0], new long[0]) : fixed.values();
    long[] perRow = new long[groups.length];
    Arrays.fill(perRow, 1);
    perRow[0] = shape[0];
    boolean vector = given.shape().length == 1 && given.values().length == perRow[0];
    if (groups.length < 2
        || groups[0] != perRow[0]
        || !(vector || Arrays.equals(given.shape(), perRow))) {
      throw Misfit.of(
          descriptor,
          shape,
          "the fixed global amax of " + given + " is neither one number nor one for each row");
    }
    return Groups.perIndex(groups, 0);
  }

  private float[] scaled(float[] amax) {
    if (descriptor.scaleAmax() == 1f) {
      return amax;
    }
    float[] scaled = new float[amax.length];
    for (int g = 0; g < scaled.length; g++) {
      scaled[g] = times(amax[g], descriptor.scaleAmax());
    }
    return scaled;
  }

  /**
   * Returns an amax times {@code scaleAmax}. If the product of a finite amax is beyond float32, it
   * is the largest float, because with an infinite amax every element would become NaN.
   */
  static float times(float amax, float factor) {
    float product = amax * factor;
    return Float.isInfinite(product) && !Float.isInfinite(amax) ? Float.MAX_VALUE : product;
  }

  private static float largest(float[] amax) {
    float largest = 0;
    for (float value : amax) {
      largest = Math.max(largest, value);
    }
    return largest;
  }
}
