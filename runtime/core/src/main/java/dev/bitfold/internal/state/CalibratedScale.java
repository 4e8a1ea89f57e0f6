package dev.bitfold.internal.state;

import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.RangeCalibrator;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.Workspaces;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Holds the scale that calibration has found for a static input or output. Immutable: the arrays
 * are not written to.
 */
public sealed interface CalibratedScale {
  /** Returns the scale that a calibrator has found. */
  static CalibratedScale of(Calibrator calibrator) {
    return calibrator instanceof RangeCalibrator range
        ? new Range(range.min(), range.max())
        : new Amax(calibrator.amax());
  }

  /** Returns the quantizer with this scale fixed. */
  Quantizer fix(Quantizer quantizer);

  /** Returns the scale of a tensor that is {@code factor} times as large. */
  CalibratedScale times(double factor);

  /** Returns the smallest number, for tables. */
  float smallest();

  /** Returns the largest number, for tables. */
  float largest();

  /**
   * Holds the amax of a symmetric quantizer.
   *
   * @param amax the amax, in the shape of the quantizer's groups
   */
  record Amax(INDArray amax) implements CalibratedScale {
    /** Takes the array out of the caller's workspace. */
    public Amax {
      amax = Workspaces.detached(amax);
    }

    @Override
    public Quantizer fix(Quantizer quantizer) {
      return quantizer.withAmax(amax);
    }

    @Override
    public Amax times(double factor) {
      return new Amax(amax.mul(factor));
    }

    @Override
    public float smallest() {
      return amax.minNumber().floatValue();
    }

    @Override
    public float largest() {
      return amax.maxNumber().floatValue();
    }
  }

  /**
   * Holds the range of an affine quantizer.
   *
   * @param min the smallest values, in the shape of the quantizer's groups
   * @param max the largest values, in the same shape
   */
  record Range(INDArray min, INDArray max) implements CalibratedScale {
    /** Takes the arrays out of the caller's workspace. */
    public Range {
      min = Workspaces.detached(min);
      max = Workspaces.detached(max);
    }

    @Override
    public Quantizer fix(Quantizer quantizer) {
      return quantizer.withRange(min, max);
    }

    @Override
    public Range times(double factor) {
      return new Range(min.mul(factor), max.mul(factor));
    }

    @Override
    public float smallest() {
      return min.minNumber().floatValue();
    }

    @Override
    public float largest() {
      return max.maxNumber().floatValue();
    }
  }
}
