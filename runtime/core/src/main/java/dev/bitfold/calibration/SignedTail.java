package dev.bitfold.calibration;

import java.util.Arrays;

/**
 * One end of a two-sided distribution, seen as the upper one: the magnitudes on that side, and
 * those on the other side, which are values below zero.
 */
final class SignedTail {
  private final long[] near;
  private final long[] far;
  private final double nearWidth;
  private final double farWidth;
  private final double nearMax;
  private final double cut;

  /**
   * An end.
   *
   * @param near the group of the magnitudes on this side
   * @param far that of the other side
   * @param share of all values that may lie beyond the end, at most half
   */
  SignedTail(BinnedCounts counts, int near, int far, double share) {
    this.near = counts.counts(near);
    this.far = counts.counts(far);
    this.nearWidth = counts.width(near);
    this.farWidth = counts.width(far);
    this.nearMax = counts.max(near);
    this.cut = (Arrays.stream(this.near).sum() + Arrays.stream(this.far).sum()) * share;
  }

  /** The smallest bin edge beyond which at most the share lies. */
  double end() {
    long beyond = 0;
    for (int i = near.length - 1; i >= 0; i--) {
      if (near[i] > 0 && beyond + near[i] > cut) {
        return Math.min((i + 1) * nearWidth, nearMax);
      }
      beyond += near[i];
    }
    for (int i = 0; i < far.length; i++) {
      if (far[i] > 0 && beyond + far[i] > cut) {
        return -i * farWidth;
      }
      beyond += far[i];
    }
    return 0;
  }
}
