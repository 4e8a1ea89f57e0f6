package dev.bitfold.calibration;

import dev.bitfold.descriptor.Layout;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Chooses the amax of quantized weights, for {@link dev.bitfold.Calibration#weightAmax}. */
@FunctionalInterface
public interface WeightAmax {
  /**
   * The amax of one weight.
   *
   * @param path of the weight, {@code fc1.weight}
   * @param weight as it will be quantized, smoothed and folded; not to be written to
   * @return one number for the tensor, or a vector with one for each index of the axis that keeps
   *     its scales; values beyond it are clipped
   */
  INDArray of(String path, INDArray weight);

  /**
   * The same for a rule that needs to know which axis holds what.
   *
   * @param layout the letters of the weight's axes
   */
  default INDArray of(String path, INDArray weight, Layout layout) {
    return of(path, weight);
  }
}
