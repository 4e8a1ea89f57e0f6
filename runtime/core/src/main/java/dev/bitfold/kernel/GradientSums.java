package dev.bitfold.kernel;

import java.util.Arrays;

/**
 * Receives sums of gradients, one for each group.
 *
 * @param below of those below the lower limit
 * @param above of those above the upper limit
 * @param inside of the part of a step's gradient that comes from rounding; empty for a clip alone
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record GradientSums(double[] below, double[] above, double[] inside) {
  /** Returns room for the sums of a clip. */
  public static GradientSums ofClip(int groups) {
    return new GradientSums(new double[groups], new double[groups], new double[0]);
  }

  /** Returns room for the sums of a clip and of a step. */
  public static GradientSums ofStep(int groups) {
    return new GradientSums(new double[groups], new double[groups], new double[groups]);
  }

  /** Sets the sums of the first groups to 0. */
  public void clear(int groups) {
    Arrays.fill(below, 0, groups, 0);
    Arrays.fill(above, 0, groups, 0);
    Arrays.fill(inside, 0, Math.min(groups, inside.length), 0);
  }
}
