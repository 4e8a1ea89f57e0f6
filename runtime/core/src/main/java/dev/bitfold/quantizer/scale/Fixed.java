package dev.bitfold.quantizer.scale;

import dev.bitfold.descriptor.QuantDescriptor;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the fixed values of a static quantizer, with which it does not need to observe a tensor.
 */
public sealed interface Fixed {
  /** Returns the values that must fit the groups. */
  GroupValues values();

  /** Holds amaxes, which are finite and not negative. */
  record OfAmax(GroupValues values) implements Fixed {}

  /** Holds the smallest and the largest values. */
  record OfRange(GroupValues values, GroupValues max) implements Fixed {}

  /** Holds scales above 0 and zero points. */
  record OfScale(GroupValues values, GroupValues zeroPoint) implements Fixed {}

  /** Returns the amax of a descriptor; null if it has none. */
  static @Nullable Fixed of(QuantDescriptor descriptor) {
    if (descriptor.amax().isEmpty()) {
      return null;
    }
    float[] values = new float[descriptor.amax().size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = descriptor.amax().get(i);
    }
    return new OfAmax(
        new GroupValues(values, values.length == 1 ? new long[0] : new long[] {values.length}));
  }

  /**
   * Returns a given amax.
   *
   * @throws IllegalArgumentException if a value is NaN, infinite or negative, or the descriptor
   *     takes no amax
   */
  static Fixed amax(QuantDescriptor descriptor, INDArray given) {
    if (descriptor.affine()) {
      throw new IllegalArgumentException(
          descriptor + " takes a range or a scale and zero point, not an amax");
    }
    if (descriptor.dynamic() && !Scaling.globalScale(descriptor)) {
      throw new IllegalArgumentException(
          descriptor + " takes its scale from each tensor: an amax would have no effect");
    }
    GroupValues amax = GroupValues.of(given);
    check(descriptor, "amax", amax, a -> a >= 0, "finite and not negative");
    return new OfAmax(amax);
  }

  /**
   * Returns a given range.
   *
   * @throws IllegalArgumentException if a value is NaN or infinite, a minimum is above its maximum,
   *     or the descriptor is not affine
   */
  static Fixed range(QuantDescriptor descriptor, INDArray low, INDArray high) {
    requireAffine(descriptor, "range");
    GroupValues min = GroupValues.of(low);
    GroupValues max = GroupValues.of(high);
    check(descriptor, "minimum", min, v -> true, "finite");
    check(descriptor, "maximum", max, v -> true, "finite");
    sameLength(descriptor, "a minimum", min, "a maximum", max);
    for (int g = 0; g < min.values().length; g++) {
      if (min.values()[g] > max.values()[g]) {
        throw new IllegalArgumentException(
            descriptor
                + ": the minimum "
                + min.values()[g]
                + " is above the maximum "
                + max.values()[g]);
      }
    }
    return new OfRange(min, max);
  }

  /**
   * Returns a given scale and zero point.
   *
   * @throws IllegalArgumentException if a scale is not above 0 and finite, a zero point is not an
   *     integer, or the descriptor is not affine
   */
  static Fixed scale(QuantDescriptor descriptor, INDArray scales, INDArray zeroPoints) {
    requireAffine(descriptor, "scale and zero point");
    GroupValues scale = GroupValues.of(scales);
    GroupValues zeroPoint = GroupValues.of(zeroPoints);
    check(descriptor, "scale", scale, s -> s > 0, "finite and above 0");
    check(descriptor, "zero point", zeroPoint, z -> z == Math.rint(z), "an integer");
    sameLength(descriptor, "a scale", scale, "a zero point", zeroPoint);
    return new OfScale(scale, zeroPoint);
  }

  private static void requireAffine(QuantDescriptor descriptor, String what) {
    if (!descriptor.affine()) {
      throw new IllegalArgumentException(
          descriptor + " takes an amax; a " + what + " needs affine = true");
    }
  }

  private static void sameLength(
      QuantDescriptor descriptor, String one, GroupValues a, String other, GroupValues b) {
    if (a.values().length != b.values().length) {
      throw new IllegalArgumentException(
          descriptor + ": " + one + " of " + a + " and " + other + " of " + b);
    }
  }

  private static void check(
      QuantDescriptor descriptor,
      String what,
      GroupValues given,
      Predicate<Float> valid,
      String rule) {
    if (given.values().length == 0) {
      throw new IllegalArgumentException(descriptor + ": an empty " + what);
    }
    for (float value : given.values()) {
      if (!Float.isFinite(value) || !valid.test(value)) {
        throw new IllegalArgumentException(
            descriptor + ": " + what + " of " + given + " holds " + value + "; it must be " + rule);
      }
    }
  }
}
