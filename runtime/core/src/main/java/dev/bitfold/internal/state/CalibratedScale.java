package dev.bitfold.internal.state;

import dev.bitfold.calibration.Calibrator;
import dev.bitfold.calibration.RangeCalibrator;
import dev.bitfold.quantizer.Quantizer;
import dev.bitfold.tensor.Workspaces;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * What calibration found for a static input or output. Immutable: the arrays are not written to.
 */
public sealed interface CalibratedScale {
  /** What a calibrator has found. */
  static CalibratedScale of(Calibrator calibrator) {
    return calibrator instanceof RangeCalibrator range
        ? new Range(range.min(), range.max())
        : new Amax(calibrator.amax());
  }

  /** The quantizer with this scale fixed. */
  Quantizer fix(Quantizer quantizer);

  /** The scale of a tensor that is so many times larger. */
  CalibratedScale times(double factor);

  /** The smallest number, for tables. */
  float smallest();

  /** The largest number, for tables. */
  float largest();

  /**
   * Of a symmetric quantizer.
   *
   * @param amax in the shape of the quantizer's groups
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
   * Of an affine quantizer.
   *
   * @param min in the shape of the quantizer's groups
   * @param max as {@code min}
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
