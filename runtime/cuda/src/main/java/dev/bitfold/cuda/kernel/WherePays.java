package dev.bitfold.cuda.kernel;

import dev.bitfold.kernel.AmaxScaling;
import dev.bitfold.kernel.Grid;
import dev.bitfold.kernel.Groups;
import dev.bitfold.kernel.QuantKernels;
import dev.bitfold.kernel.Scales;
import dev.bitfold.kernel.Source;
import java.nio.FloatBuffer;

/**
 * Tensors of the host go to the card only where the work repays the trip: scans over many
 * candidates for an amax, which read a tensor once from the host and many times on the card. One
 * pass over a tensor is shorter on the CPU than the copy to the card and back. Safe for concurrent
 * use.
 */
final class WherePays implements QuantKernels {
  /**
   * Candidates from which on a scan goes to the card. A copy over PCIe 4 reads the tensor at about
   * the rate at which a few cores scan it once.
   */
  static final int LEAST_CANDIDATES = 8;

  /** Elements times candidates: below, launches and copies take longer than the CPU. */
  static final long LEAST_WORK = 8L << 20;

  private final QuantKernels card;
  private final QuantKernels host;

  WherePays(QuantKernels card, QuantKernels host) {
    this.card = card;
    this.host = host;
  }

  @Override
  public String name() {
    return "cuda, where it pays, and " + host.name();
  }

  @Override
  public void amax(Source x, Groups groups, float[] out) {
    host.amax(x, groups, out);
  }

  @Override
  public void finiteAmax(Source x, Groups groups, float[] out) {
    host.finiteAmax(x, groups, out);
  }

  @Override
  public void range(Source x, Groups groups, float[] min, float[] max) {
    host.range(x, groups, min, max);
  }

  @Override
  public void fakeQuantize(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    host.fakeQuantize(x, groups, grid, scales, out);
  }

  @Override
  public void codes(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    host.codes(x, groups, grid, scales, out);
  }

  @Override
  public void quantizeByAmax(
      Source x, Groups groups, Grid grid, AmaxScaling scaling, boolean back, FloatBuffer out) {
    host.quantizeByAmax(x, groups, grid, scaling, back, out);
  }

  @Override
  public void clipGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      float[] low,
      float[] high,
      FloatBuffer out,
      double[] below,
      double[] above) {
    host.clipGradient(x, gradient, groups, low, high, out, below, above);
  }

  @Override
  public void stepGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      float[] low,
      float[] high,
      float[] step,
      FloatBuffer out,
      double[] below,
      double[] above,
      double[] inside) {
    host.stepGradient(x, gradient, groups, low, high, step, out, below, above, inside);
  }

  @Override
  public void squaredErrors(
      Source x, Groups groups, Grid grid, Scales[] candidates, double[][] out) {
    boolean pays =
        candidates.length >= LEAST_CANDIDATES
            && (long) groups.elements() * candidates.length >= LEAST_WORK;
    (pays ? card : host).squaredErrors(x, groups, grid, candidates, out);
  }

  @Override
  public void histogram(Source x, Groups groups, float[] inverseWidth, int bins, long[] counts) {
    host.histogram(x, groups, inverseWidth, bins, counts);
  }
}
