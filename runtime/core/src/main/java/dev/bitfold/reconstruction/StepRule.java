package dev.bitfold.reconstruction;

import dev.bitfold.annotations.ScaleRule;
import dev.bitfold.descriptor.NumberFormat;
import dev.bitfold.descriptor.NumberFormat.FloatFormat;
import dev.bitfold.descriptor.NumberFormat.IntFormat;
import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.ScaleFormat;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.tensor.DenseFloats;
import java.util.Optional;
import org.nd4j.linalg.factory.Nd4j;

/** Knows the steps that a format of scales has, and what a quantizer computes them from. */
sealed interface StepRule {
  /**
   * Returns the nearest step to a number above 0; one below the smallest float if there is none.
   */
  float nearest(double step);

  /**
   * Returns how large the largest element of each scale has to be, in steps, because the quantizer
   * computes the step from it; 0 if the step can be given.
   */
  double least();

  /**
   * Returns what is given to the quantizer; empty if nothing can be.
   *
   * @param shape the shape of the scales
   */
  Optional<CalibratedScale> scale(Steps steps, long[] shape);

  /** Returns the rule for a weight whose scales may be chosen. */
  static StepRule of(Weight weight, ScalePrecision precision) {
    QuantDescriptor descriptor = weight.quantizer().descriptor();
    if (descriptor.affine()) {
      IntFormat integers = descriptor.format().integers().orElseThrow();
      return new OfRange(precision, integers.min(), integers.max());
    }
    return descriptor.scaleFormat() == ScaleFormat.E8M0
        ? PowersOfTwo.of(descriptor)
        : descriptor.scaleFormat() == ScaleFormat.E4M3
            ? UnderGlobal.of(descriptor, weight)
            : new OfAmax(precision, Lattice.of(descriptor).largest() / descriptor.scaleAmax());
  }

  /**
   * Float32 scales that follow from an amax.
   *
   * @param largest the amax in steps
   */
  record OfAmax(ScalePrecision precision, double largest) implements StepRule {
    @Override
    public float nearest(double step) {
      return precision.nearest(step);
    }

    @Override
    public double least() {
      return 0;
    }

    @Override
    public Optional<CalibratedScale> scale(Steps steps, long[] shape) {
      float[] amax = new float[steps.size().length];
      for (int g = 0; g < amax.length; g++) {
        amax[g] = (float) (steps.size()[g] * largest);
      }
      return Optional.of(new CalibratedScale.Amax(DenseFloats.array(amax, shape)));
    }
  }

  /** Float32 scales that follow from a range of affine integers from {@code min} to {@code max}. */
  record OfRange(ScalePrecision precision, int min, int max) implements StepRule {
    @Override
    public float nearest(double step) {
      return precision.nearest(step);
    }

    @Override
    public double least() {
      return 0;
    }

    @Override
    public Optional<CalibratedScale> scale(Steps steps, long[] shape) {
      float[] low = new float[steps.size().length];
      float[] high = new float[low.length];
      for (int g = 0; g < low.length; g++) {
        low[g] = (float) ((min - steps.zeroPoint()[g]) * (double) steps.size()[g]);
        high[g] = (float) ((max - steps.zeroPoint()[g]) * (double) steps.size()[g]);
      }
      return Optional.of(
          new CalibratedScale.Range(DenseFloats.array(low, shape), DenseFloats.array(high, shape)));
    }
  }

  /**
   * Powers of two (E8M0).
   *
   * @param exponent the exponent of a scale for a step of 1
   * @param middle an amax for a scale of 1, far from those for other scales
   * @param least 0 unless each tensor is its own calibration data
   */
  record PowersOfTwo(int exponent, double middle, double least) implements StepRule {
    private static final int MAX_EXPONENT = 127;

    static PowersOfTwo of(QuantDescriptor descriptor) {
      NumberFormat format = descriptor.format();
      boolean ceil = descriptor.scaleRule() == ScaleRule.CEIL;
      int fractionBits = ceil ? 0 : format.integers().map(own -> own.bits() - 2).orElse(0);
      int maxExponent = format.match(integers -> 0, FloatFormat::maxExponent, table -> 0);
      double middle = ceil ? 0.75 * format.largest() : Math.scalb(1.5, maxExponent);
      double least =
          ceil
              ? Lattice.of(descriptor).above(format.largest() / 2.0)
              : Math.scalb(1.0, maxExponent + fractionBits);
      return new PowersOfTwo(
          fractionBits, middle / descriptor.scaleAmax(), descriptor.dynamic() ? least : 0);
    }

    @Override
    public float nearest(double step) {
      double nearest = Math.rint(Math.log(step) / Math.log(2));
      double most = MAX_EXPONENT - exponent;
      return Math.scalb(1f, (int) Math.min(Math.max(nearest, -MAX_EXPONENT - exponent), most));
    }

    @Override
    public Optional<CalibratedScale> scale(Steps steps, long[] shape) {
      if (least > 0) {
        return Optional.empty();
      }
      float[] amax = new float[steps.size().length];
      for (int g = 0; g < amax.length; g++) {
        amax[g] = (float) (middle * Math.scalb((double) steps.size()[g], exponent));
      }
      return Optional.of(new CalibratedScale.Amax(DenseFloats.array(amax, shape)));
    }
  }

  /**
   * E4M3 numbers times a global scale. Only the global amax can be given; the scale of a block
   * follows from its largest element.
   *
   * @param global the amax of the weight
   * @param unit the global scale
   * @param least the largest number of the elements' format
   */
  record UnderGlobal(float global, double unit, double least) implements StepRule {
    private static final Lattice.Floats E4M3 = new Lattice.Floats(3, -6, 448);
    private static final double SMALLEST = 0x1p-9;

    static UnderGlobal of(QuantDescriptor descriptor, Weight weight) {
      float global = 0;
      for (float[] row : weight.rows()) {
        for (float value : row) {
          global = Math.max(global, Math.abs(value));
        }
      }
      double largest = descriptor.format().largest();
      double unit = (double) global * descriptor.scaleAmax() / (largest * E4M3.largest());
      return new UnderGlobal(global, unit, largest);
    }

    @Override
    public float nearest(double step) {
      return (float) (Math.max(E4M3.nearest(step / unit, 0), SMALLEST) * unit);
    }

    @Override
    public Optional<CalibratedScale> scale(Steps steps, long[] shape) {
      return Optional.of(new CalibratedScale.Amax(Nd4j.scalar(global)));
    }
  }
}
