package dev.bitfold.reconstruction;

import java.util.Objects;

/**
 * Says how weights are reconstructed. Immutable.
 *
 * @param perPass the number of groups of layers with a common input that are fitted in one pass
 *     over the data. The layers of a pass are fitted to the inputs that the model gives them with
 *     all layers of earlier passes reconstructed; the target is the float model's output. With 1,
 *     each layer makes up for all layers before it, which is most accurate. With {@link #ALL}, one
 *     pass serves all layers, which is fastest
 * @param sweeps the largest number of sweeps of coordinate descent after GPTQ; 0 leaves it out
 * @param damping what is added to the diagonal of a layer's Hessian, in units of the mean of the
 *     diagonal; above 0 and at most 1
 * @param scales the numbers that scales may be
 */
public record ReconstructionOptions(
    int perPass, int sweeps, double damping, ScalePrecision scales) {
  /** All layers in one pass. */
  public static final int ALL = Integer.MAX_VALUE;

  /** Four groups a pass, 10 sweeps of descent, a damping of 0.01, scales in float32. */
  public static final ReconstructionOptions DEFAULT =
      new ReconstructionOptions(4, 10, 0.01, ScalePrecision.FLOAT32);

  /**
   * Checks the numbers.
   *
   * @throws IllegalArgumentException if {@code perPass} is below 1, the number of sweeps negative,
   *     or the damping not in its range
   */
  public ReconstructionOptions {
    if (perPass < 1) {
      throw new IllegalArgumentException("perPass = " + perPass + " is below 1");
    }
    if (sweeps < 0) {
      throw new IllegalArgumentException("sweeps = " + sweeps + " is negative");
    }
    if (!(damping > 0 && damping <= 1)) {
      throw new IllegalArgumentException("damping = " + damping + " is not above 0 and at most 1");
    }
    Objects.requireNonNull(scales, "scales");
  }

  /** Returns these options with another number of groups in a pass. */
  public ReconstructionOptions withPerPass(int groups) {
    return new ReconstructionOptions(groups, sweeps, damping, scales);
  }

  /** Returns these options with another number of sweeps. */
  public ReconstructionOptions withSweeps(int most) {
    return new ReconstructionOptions(perPass, most, damping, scales);
  }

  /** Returns these options with another damping. */
  public ReconstructionOptions withDamping(double share) {
    return new ReconstructionOptions(perPass, sweeps, share, scales);
  }

  /** Returns these options with scales of another precision. */
  public ReconstructionOptions withScales(ScalePrecision precision) {
    return new ReconstructionOptions(perPass, sweeps, damping, precision);
  }
}
