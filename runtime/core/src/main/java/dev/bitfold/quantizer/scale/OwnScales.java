package dev.bitfold.quantizer.scale;

import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.ScaleFormula;
import org.jspecify.annotations.Nullable;

/** Computes scales that follow from each group's own elements and from known values. */
public sealed interface OwnScales extends AmaxScaling {
  /** Returns the scales of a descriptor, or null if they depend on other values. */
  static @Nullable OwnScales of(QuantDescriptor descriptor) {
    ScaleRule rule = descriptor.scaleRule();
    if (descriptor.affine()) {
      return null;
    }
    return switch (descriptor.scaleFormat()) {
      case FLOAT32 ->
          new OfAmax(
              AmaxScales.of(descriptor.format(), rule == ScaleRule.RECIPROCAL),
              descriptor.scaleAmax(),
              rule == ScaleRule.CEIL);
      case E8M0 ->
          new PowersOfTwo(
              new PowerOfTwoScales(descriptor.format(), rule),
              descriptor.scaleAmax(),
              rule == ScaleRule.CEIL);
      case E4M3, INT8 -> null; // They depend on the tensor's amax, or on other scales.
    };
  }

  /** Computes float32 scales of an amax times a factor. */
  record OfAmax(AmaxScales scales, float factor, boolean finite) implements OwnScales {
    @Override
    public boolean divides() {
      return scales.divides();
    }

    @Override
    public boolean dividesBack() {
      return scales.kind().dividesBack();
    }

    @Override
    public void scales(float[] amax, int count, float[] forward, float[] backward) {
      times(factor, amax, count);
      scales.of(amax, count, forward, backward);
    }

    @Override
    public ScaleFormula formula() {
      return ScaleFormula.of(scales.kind().formula(), scales.max(), factor);
    }
  }

  /** Computes E8M0 scales of an amax times a factor. */
  record PowersOfTwo(PowerOfTwoScales scales, float factor, boolean finite) implements OwnScales {
    @Override
    public boolean divides() {
      return true;
    }

    @Override
    public boolean dividesBack() {
      return false;
    }

    @Override
    public void scales(float[] amax, int count, float[] forward, float[] backward) {
      times(factor, amax, count);
      scales.of(amax, count, forward, backward);
    }

    @Override
    public ScaleFormula formula() {
      return scales.formula(factor);
    }
  }

  /** Computes E4M3 scales of an amax and the tensor's amax. */
  record UnderGlobal(E4m3Scales blocks, float global, boolean finite) implements OwnScales {
    @Override
    public boolean divides() {
      return blocks.divides();
    }

    @Override
    public boolean dividesBack() {
      return false;
    }

    @Override
    public void scales(float[] amax, int count, float[] forward, float[] backward) {
      blocks.of(amax, global, count, forward, backward);
    }

    @Override
    public ScaleFormula formula() {
      return blocks.formula(global);
    }
  }

  private static void times(float factor, float[] amax, int count) {
    if (factor != 1f) {
      for (int g = 0; g < count; g++) {
        amax[g] = Scaling.times(amax[g], factor);
      }
    }
  }
}
