package dev.bitfold.kernel;

import java.nio.FloatBuffer;

/** Forwards every operation to other kernels, unless a subclass overrides it. */
public abstract class ForwardingKernels implements QuantKernels {
  private final QuantKernels others;

  /**
   * Makes kernels on top of others.
   *
   * @param others the kernels that run what is not overridden
   */
  protected ForwardingKernels(QuantKernels others) {
    this.others = others;
  }

  @Override
  public String name() {
    return others.name();
  }

  @Override
  public void amax(Source x, Groups groups, float[] out) {
    others.amax(x, groups, out);
  }

  @Override
  public void finiteAmax(Source x, Groups groups, float[] out) {
    others.finiteAmax(x, groups, out);
  }

  @Override
  public void range(Source x, Groups groups, float[] min, float[] max) {
    others.range(x, groups, min, max);
  }

  @Override
  public void fakeQuantize(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    others.fakeQuantize(x, groups, grid, scales, out);
  }

  @Override
  public void codes(Source x, Groups groups, Grid grid, Scales scales, FloatBuffer out) {
    others.codes(x, groups, grid, scales, out);
  }

  @Override
  public void quantizeByAmax(
      Source x, Groups groups, Grid grid, AmaxScaling scaling, boolean back, FloatBuffer out) {
    others.quantizeByAmax(x, groups, grid, scaling, back, out);
  }

  @Override
  public void clipGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      Clip clip,
      FloatBuffer out,
      GradientSums sums) {
    others.clipGradient(x, gradient, groups, clip, out, sums);
  }

  @Override
  public void stepGradient(
      FloatBuffer x,
      FloatBuffer gradient,
      Groups groups,
      Clip clip,
      float[] step,
      FloatBuffer out,
      GradientSums sums) {
    others.stepGradient(x, gradient, groups, clip, step, out, sums);
  }

  @Override
  public void squaredErrors(
      Source x, Groups groups, Grid grid, Scales[] candidates, double[][] out) {
    others.squaredErrors(x, groups, grid, candidates, out);
  }

  @Override
  public void histogram(Source x, Groups groups, float[] inverseWidth, int bins, long[] counts) {
    others.histogram(x, groups, inverseWidth, bins, counts);
  }
}
