package dev.bitfold.calibration;

import dev.bitfold.descriptor.Layout;
import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Collection;
import org.nd4j.linalg.api.ndarray.INDArray;

/**
 * Chooses the amax of quantized weights, for {@link dev.bitfold.Calibration#weightAmax} and, as a
 * default, {@link dev.bitfold.Plan#withWeightAmax}.
 */
@FunctionalInterface
public interface WeightAmax {
  /**
   * Returns the amax of one weight.
   *
   * @param path the path of the weight: {@code fc1.weight}
   * @param weight the weight as it will be quantized, smoothed and folded; must not be written to
   * @return one number for the tensor, or a vector with one number for each index of the axis that
   *     keeps scales; values beyond it are clipped
   */
  INDArray of(String path, INDArray weight);

  /**
   * Returns the amax of one weight, for a rule that needs to know the meaning of the axes.
   *
   * @param layout the layout of the weight
   */
  default INDArray of(String path, INDArray weight, Layout layout) {
    return of(path, weight);
  }

  /**
   * Returns whether the rule is meant for a weight. Only a plan that has the rule as its default
   * asks; a weight that is selected for a rule is given its amax in any case.
   *
   * @param weight the descriptor of the weight
   * @param inputs the descriptors of the quantized inputs of its layer
   */
  default boolean isFor(QuantDescriptor weight, Collection<QuantDescriptor> inputs) {
    return true;
  }

  /** Returns the rule that leaves each weight the amax that its descriptor gives it. */
  static WeightAmax ofDescriptor() {
    return OfDescriptor.RULE;
  }
}
