package dev.bitfold.reconstruction;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.ScaleFormat;
import dev.bitfold.internal.state.CalibratedScale;
import dev.bitfold.internal.state.State;
import dev.bitfold.quantizer.Quantizer;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;
import org.nd4j.linalg.api.ndarray.INDArray;

/** Chooses scales of weights, where they may be chosen. */
public final class WeightScales {
  private WeightScales() {}

  /** Returns why the scales of a quantized weight cannot be chosen; empty if they can. */
  public static Optional<String> fixedBecause(String path, State state) {
    QuantDescriptor descriptor = Objects.requireNonNull(state.descriptors().get(path), path);
    if (descriptor.scaleFormat() != ScaleFormat.FLOAT32) {
      return Optional.of("its scales are " + descriptor.scaleFormat() + ", and not FLOAT32");
    }
    if (descriptor.dynamic()) {
      return Optional.of("its scales are dynamic");
    }
    if (!descriptor.amax().isEmpty() || state.scales().containsKey(path)) {
      return Optional.of(
          "its amax is fixed: without a rule for it, or with"
              + " plan.withWeightAmax(WeightAmax.ofDescriptor()), it is free");
    }
    if (descriptor.scaleAmax() != 1f) {
      return Optional.of("it has a scaleAmax");
    }
    if (descriptor.format().integers().isEmpty()
        && descriptor.format().bits() > Lattice.MOST_BITS) {
      return Optional.of("its format has more than " + Lattice.MOST_BITS + " bits");
    }
    return Optional.empty();
  }

  /**
   * Returns the scales with the least squared error of a weight of any shape: the best of a range
   * of clippings, then least squares for the codes that follow.
   *
   * @param open the weight's quantizer, without a scale
   */
  public static CalibratedScale leastSquares(Quantizer open, INDArray weight) {
    Weight row = Weight.inOneRow(open, weight);
    double[][] alike = {new double[row.in()]};
    Arrays.fill(alike[0], 1);
    return row.scale(new StepSearch(row, alike, ScalePrecision.FLOAT32).of(row.rows()));
  }
}
