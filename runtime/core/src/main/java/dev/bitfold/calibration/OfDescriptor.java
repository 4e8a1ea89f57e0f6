package dev.bitfold.calibration;

import dev.bitfold.descriptor.QuantDescriptor;
import java.util.Collection;
import org.nd4j.linalg.api.ndarray.INDArray;

/** The default of a plan that chooses no amax. */
enum OfDescriptor implements WeightAmax {
  RULE;

  @Override
  public INDArray of(String path, INDArray weight) {
    throw new IllegalArgumentException(
        path + ": this rule is the default of plans and chooses no amax; leave weightAmax out");
  }

  @Override
  public boolean isFor(QuantDescriptor weight, Collection<QuantDescriptor> inputs) {
    return false;
  }
}
