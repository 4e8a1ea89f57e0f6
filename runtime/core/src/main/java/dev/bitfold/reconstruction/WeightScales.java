package dev.bitfold.reconstruction;

import dev.bitfold.descriptor.QuantDescriptor;
import dev.bitfold.descriptor.ScaleFormat;
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
    if (descriptor.scaleFormat() == ScaleFormat.INT8) {
      return Optional.of(
          "its scales are integers around their mean: each would move if another one is chosen");
    }
    if (descriptor.dynamic() && descriptor.scaleFormat() == ScaleFormat.FLOAT32) {
      return Optional.of("its scales are dynamic");
    }
    if (descriptor.dynamic()
        && descriptor.scaleFormat() == ScaleFormat.E8M0
        && descriptor.scaleAmax() != 1f) {
      return Optional.of("its scales are dynamic, and it has a scaleAmax");
    }
    if (!descriptor.amax().isEmpty() || state.scales().containsKey(path)) {
      return Optional.of(
          "its amax is fixed: without a rule for it, or with"
              + " plan.withWeightAmax(WeightAmax.ofDescriptor()), it is free");
    }
    return Optional.empty();
  }

  /**
   * Returns the quantizer of a weight of any shape with the scales of least squared error: the best
   * of a range of clippings, then least squares for the codes that follow. Scales that follow from
   * the weight stay those.
   *
   * @param open the weight's quantizer, without a scale
   */
  public static Quantizer leastSquares(Quantizer open, INDArray weight) {
    Weight row = Weight.inOneRow(open, weight);
    WeightGrid grid = new WeightGrid(row, ScalePrecision.FLOAT32);
    if (grid.isOwn()) {
      return open;
    }
    double[][] alike = {new double[row.in()]};
    Arrays.fill(alike[0], 1);
    return grid.quantizer(new StepSearch(grid, alike).of(row.rows()));
  }
}
