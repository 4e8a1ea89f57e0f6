package dev.bitfold.reconstruction;

import java.util.Objects;

/**
 * Says how weights are reconstructed. Immutable.
 *
 * @param sequential whether layers are fitted one group with a common input after another, each to
 *     the inputs that the model gives it with the layers before it reconstructed, and to the float
 *     model's output. Then each layer makes up for all before it, which is most accurate, and takes
 *     a pass over the data for each group. Otherwise, all layers are fitted to the float model's
 *     inputs, in one pass
 * @param sweeps the largest number of sweeps of coordinate descent after GPTQ; 0 leaves it out
 * @param damping what is added to the diagonal of a layer's Hessian, in units of the mean of the
 *     diagonal; above 0 and at most 1
 * @param scales the numbers that scales may be
 */
public record ReconstructionOptions(
    boolean sequential, int sweeps, double damping, ScalePrecision scales) {
  /** One group after another, 10 sweeps of descent, a damping of 0.01, scales in float32. */
  public static final ReconstructionOptions DEFAULT =
      new ReconstructionOptions(true, 10, 0.01, ScalePrecision.FLOAT32);

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if the number of sweeps is negative, or the damping not in its
   *     range
   */
  public ReconstructionOptions {
    if (sweeps < 0) {
      throw new IllegalArgumentException("sweeps = " + sweeps + " is negative");
    }
    if (!(damping > 0 && damping <= 1)) {
      throw new IllegalArgumentException("damping = " + damping + " is not above 0 and at most 1");
    }
    Objects.requireNonNull(scales, "scales");
  }

  /** Returns these options with layers fitted one group after another, or all in one pass. */
  public ReconstructionOptions withSequential(boolean one) {
    return new ReconstructionOptions(one, sweeps, damping, scales);
  }

  /** Returns these options with another number of sweeps. */
  public ReconstructionOptions withSweeps(int most) {
    return new ReconstructionOptions(sequential, most, damping, scales);
  }

  /** Returns these options with another damping. */
  public ReconstructionOptions withDamping(double share) {
    return new ReconstructionOptions(sequential, sweeps, share, scales);
  }

  /** Returns these options with scales of another precision. */
  public ReconstructionOptions withScales(ScalePrecision precision) {
    return new ReconstructionOptions(sequential, sweeps, damping, precision);
  }
}
